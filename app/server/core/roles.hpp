// Roles, and what each of them may do: the one table that every call is checked against.
//
//   request ─▶ route (routes.hpp) ─▶ action ─▶ may(role, action, own team?) ─▶ handler
//
// Pure. Values stand in the store, names in access tokens; neither ever changes.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace spec_kitty::server {

enum class role : std::uint8_t {
  reader = 1,  ///< reads the team's events
  member = 2,  ///< reads and sends
  admin = 3,   ///< what a member may do; administration pages later
  machine = 4, ///< of a machine token alone: sends for one team, and hears what answers need
};

inline constexpr std::array<role, 4> all_roles = {role::reader, role::member, role::admin,
                                                  role::machine};

std::string_view to_string(role of);
/// The role of that name; nothing for any other text.
std::optional<role> role_of(std::string_view name);

/// What a caller wants to do with a team.
enum class action : std::uint8_t {
  read_events, ///< pages of events, the clock
  send_events, ///< a batch, or an event over the WebSocket
  listen,      ///< a ws-token, the WebSocket
  end_session, ///< its own
};

inline constexpr std::array<action, 4> all_actions = {action::read_events, action::send_events,
                                                      action::listen, action::end_session};

enum class permission : std::uint8_t {
  granted,
  wrong_team, ///< the team is not the caller's: answered like a team that does not exist
  wrong_role, ///< the team is the caller's, and its role may not do this
};

/// Whether a caller with this role in its own team may do something to a team.
permission judge_permission(role caller, action wanted, bool is_own_team);

} // namespace spec_kitty::server
