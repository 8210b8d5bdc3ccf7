// What never leaves this machine inside an event: the path of a person's home folder, and the
// secrets that this process knows. Pure.
#pragma once

#include "util/json.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty {

/// What to look for.
struct redaction_terms {
  std::vector<std::string> home_folders; ///< names of the user's, absolute; empty or `/`: none
  std::vector<std::string>
      secrets; ///< tokens and passwords; those under 8 bytes are not looked for
};

/// The text with the home folder as `~`, where it stands as a whole path or the beginning of one,
/// and with secrets as `[secret]`.
std::string redact(std::string_view text, const redaction_terms& words);

/// The same for every text in a JSON value, names of members left alone. True when something was
/// changed.
bool redact(json_value& value, json_document& owner, const redaction_terms& words);

/// Empties the stack trace of an ErrorLogged's payload. True when there was one.
bool drop_stack_trace(json_value& payload);

} // namespace spec_kitty
