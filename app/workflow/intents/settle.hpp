// Settling: what is done about the intents of interrupted commands, in the order of their ids,
// before a command that holds the edit lock does its own work.
#pragma once

#include "app/workflow/intents/intent_files.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace spec_kitty::workflow {

/// What settling needs of the program.
struct settle_host {
  std::string home; ///< this command's home; empty: no home can be used
  /// Records the events of these transitions, each once; false where no home could be used.
  std::function<bool(const intent&, const std::vector<std::size_t>&)> record;
  /// Adds events that were dropped here to the home's count; false where it could not be used.
  std::function<bool(std::uint64_t)> count_dropped;
  std::function<void(const std::string&)> say; ///< takes a sentence for a person
  /// How long a git of an interrupted command is waited for.
  std::chrono::milliseconds patience{60'000};
};

/// What a settlement did, for a person and for --json.
struct settled_intent {
  std::string id;
  std::string command;
  std::string outcome;      ///< `recorded`, `taken_back`, `left`, `damaged`, `expired`
  std::uint64_t events = 0; ///< recorded
};

/// Settles all of them. A failure when a git of one still runs after the patience. The caller
/// holds the edit lock.
result<std::vector<settled_intent>> settle_intents(const repository& repo, const settle_host& host);

/// What a person decided about one intent: its events are recorded, or it is dropped. The files
/// stay as they are. not_found where there is no such intent.
enum class intent_verdict { record, drop };
result<settled_intent> settle_by_hand(const repository& repo, const std::string& id,
                                      intent_verdict verdict, const settle_host& host);

/// The intent with this id while its events are not recorded: what a merge that is aborted takes
/// along. Waits for its git. Nothing where it is settled, or being recorded.
result<std::optional<intent>> unsettled_intent(const repository& repo, const std::string& id);

/// An intent that waits for its settlement, and the command for it.
struct open_intent {
  std::string message;
  std::string remedy;
};

/// All of them; changes nothing. Empty while another command edits the repository.
std::vector<open_intent> open_intents(const repository& repo);

/// How many events were dropped because no home took them up in time, as a sentence.
std::string dropped_words(std::uint64_t events);

inline constexpr const char* settle_command = "spec-kitty agent tasks settle";

} // namespace spec_kitty::workflow
