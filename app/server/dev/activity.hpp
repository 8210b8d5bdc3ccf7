// What a server for trying out says of its WebSockets, beside the lines of requests. Never an
// event's content.
#pragma once

#include <string>
#include <string_view>

namespace spec_kitty::server::dev {

/// `{"ws":"connected"}`, `{"ws":"closed"}`, `{"ws":"event","event_id","status"}`; without `json`
/// the same in words. `event_id` is empty for the first two.
std::string socket_line(std::string_view what, std::string_view event_id, bool json);

} // namespace spec_kitty::server::dev
