// An intent: what a command is about to change, and the events that follow from it. It is on disk
// before anything changes and is removed when the events are recorded, so an interrupted command
// can be told from a finished one.
//
// Pure: the record and its JSON text. docs/intents.md describes the protocol.
#pragma once

#include "util/process_identity.hpp"
#include "util/result.hpp"
#include "util/timestamp.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::workflow {

/// How a change reaches the disk.
enum class intent_way {
  commit, ///< files replaced, then `git commit`
  files,  ///< files replaced and not committed
  ref     ///< a branch moved to commits that were made before
};

enum class intent_state {
  begun,     ///< the change may be on disk or not
  recording, ///< it is on disk; the events are being recorded in `home`
  unrecorded ///< it is on disk; no home could be used for its events
};

/// What a file shows when a transition is done.
struct shown_value {
  std::string kind;  ///< `lane`, `box`, `log` or `meta`
  std::string key;   ///< box: the subtask; meta: the member; else empty
  std::string value; ///< lane; `done` or `pending`; line of the log; text of the member

  bool operator==(const shown_value&) const = default;
};

/// A change that becomes one event.
struct intent_transition {
  std::string event_type;
  std::string payload; ///< a JSON object, validated and redacted
  std::optional<std::string> causation_id;
  std::string feature_slug; ///< may be empty
  std::size_t file = 0;     ///< index of the file that shows it
  shown_value shows;

  bool operator==(const intent_transition&) const = default;
};

/// A file that is replaced. The hashes are SHA-256 of its bytes in the checkout.
struct intent_file {
  std::string path;                  ///< in the checkout
  std::optional<std::string> before; ///< nothing: it did not exist
  std::string after;
  unsigned mode = 0666; ///< of a new file: less the umask

  bool operator==(const intent_file&) const = default;
};

struct intent {
  std::string id; ///< ULID
  epoch_us at = 0;
  std::string command;               ///< as a person typed it, for messages
  std::string checkout;              ///< the folder that the paths lie in
  std::string ref;                   ///< the branch's full name; empty: files only
  std::optional<std::string> before; ///< the commit of `ref`; nothing: it had no commit
  intent_way how = intent_way::commit;
  std::string to;      ///< how = ref: the commit that `ref` moves to
  std::string subject; ///< how = commit: of the commit
  std::vector<intent_file> files;
  std::vector<intent_transition> transitions;
  std::optional<process_identity> git; ///< the git that was released for it; nothing: no git was
  intent_state state = intent_state::begun;
  std::optional<std::string> home; ///< the home that records the events

  bool operator==(const intent&) const = default;
};

inline constexpr std::size_t max_intent_bytes = std::size_t{16} << 20;
inline constexpr std::size_t max_intent_files = 10'000;
inline constexpr std::size_t max_intent_transitions = 10'000;
inline constexpr std::string_view intent_trailer = "Spec-Kitty-Intent";

/// One JSON object and a newline.
std::string encode(const intent& record);

/// bad_input for a text that is not an intent; store_version for one of a later version.
result<intent> decode_intent(std::string_view text);

} // namespace spec_kitty::workflow
