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
  /// Passwords: those under 8 bytes are not looked for.
  std::vector<std::string> secrets;
  /// Of the credentials file: those under 8 bytes are looked for as whole words, those under 3 not
  /// at all.
  std::vector<std::string> tokens{};
};

/// The text with the home folder as `~`, where it stands as a whole path or the beginning of one,
/// and with secrets as `[secret]`.
std::string redact(std::string_view text, const redaction_terms& words);

/// The same for every text, name of a member and number in a compact JSON text. All other bytes
/// stay: a number that is not a secret keeps its digits. Two names may become the same.
std::string redact_json(std::string compact, const redaction_terms& words);

/// Whether redact_json would give a JSON text back as it is, where its only escapes are those of
/// one letter. May say no where it would.
bool has_no_term(std::string_view json, const redaction_terms& words);

/// An ErrorLogged's payload with null for its stack trace, where it has one.
std::string without_stack_trace(std::string payload);

} // namespace spec_kitty
