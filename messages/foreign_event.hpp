// An event read from elsewhere: another home's export, an overflow file, an older queue. It keeps
// its identity, its stamp and every field it has, known or not, digit for digit. Pure.
#pragma once

#include "messages/queue.hpp"
#include "messages/redact.hpp"
#include "util/result.hpp"

#include <string>
#include <string_view>

namespace spec_kitty {

/// Reads one event object and checks it against the contract. Without a team it is `local`'s. What
/// is private is taken out as `emit` does it, and so is the project key of an overflow line.
/// bad_input or invalid_event says what is wrong.
result<imported_event> read_foreign_event(std::string_view json, const redaction_terms& words);

/// The first field in which two texts of an event differ, but for what a home may write anew: the
/// clock value (reconciliation) and the team (a login adopts). Empty: none. The order of fields
/// does not matter.
std::string differing_field(std::string_view a, std::string_view b);

} // namespace spec_kitty
