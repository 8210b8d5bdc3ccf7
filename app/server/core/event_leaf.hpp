// The leaf of an event: what two texts under the same id are compared by.
//
// SHA-256 of the members but lamport_clock and team_slug, each as `"key":value` with the bytes in
// which it came and no white space around colon and comma, joined by commas in the order in which
// they came. A client may have stamped or adopted an event anew after a reply was lost, which
// changes those two alone. Source: docs/protocol.md, Events. Pure.
#pragma once

#include "app/server/core/encoding.hpp"
#include "messages/event_check.hpp"

#include <string_view>
#include <utility>
#include <vector>

namespace spec_kitty::server {

/// A member as it stands: its name without quotes, and its value.
using raw_member = std::pair<std::string_view, std::string_view>;

/// The members of a JSON object whose text was checked already (is_json), white space or not.
std::vector<raw_member> members_of(std::string_view object);

sha256_digest leaf_of(const plain_event& event);
/// The same for an event that is known to be JSON only.
sha256_digest leaf_of(std::string_view object);

} // namespace spec_kitty::server
