// Records the events of an intent in a home: for a command's own change, and for one that an
// interrupted command left.
#pragma once

#include "app/home/emitter.hpp"
#include "app/workflow/intents/change.hpp"

#include <vector>

namespace spec_kitty::orchestrate {

/// What came of the events of one intent.
struct intent_recording {
  std::uint64_t recorded = 0; ///< without those that were known
  std::uint64_t refused = 0;  ///< final: an event that no queue would take
  std::string reason;         ///< of the first that was not recorded
  /// Neither the store nor a spill file could be written: the intent is kept.
  bool home_unusable = false;
  std::uint64_t spilled = 0;
  std::optional<failure> why_spilled;
  std::string last_event_id; ///< empty where the last one has no id
};

/// Records the events of these transitions, each once in this home.
intent_recording record_transitions(emitter& emit, const workflow::intent& record,
                                    const std::vector<std::size_t>& transitions);

/// A change that begins now, with a fresh id.
workflow::change_request new_change(std::string command);

/// What an intent names this home by: a digest of the machine and the folder's inode. So a copy of
/// a home is another home, and a moved one is the same. Makes the folder; empty where it cannot.
std::string home_mark(const std::filesystem::path& home);

/// The event that a change will cause, checked and redacted as it will be recorded. `emit` is null
/// where no home can be used.
result<std::string> checked_payload(const emitter* emit, const std::string& event_type,
                                    const std::string& payload);

} // namespace spec_kitty::orchestrate
