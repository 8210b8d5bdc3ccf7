#include "app/server/core/roles.hpp"

#include <algorithm>
#include <utility>

namespace spec_kitty::server {

namespace {

constexpr std::array<std::pair<role, std::string_view>, 4> role_names = {{
    {role::reader, "reader"},
    {role::member, "member"},
    {role::admin, "admin"},
    {role::machine, "machine"},
}};

struct permission_row {
  action wanted;
  bool reader, member, admin, machine;
};

constexpr std::array<permission_row, 4> permission_table = {{
    //                     reader member admin machine
    {action::read_events, true, true, true, true},
    {action::send_events, false, true, true, true},
    {action::listen, true, true, true, true},
    {action::end_session, true, true, true, true},
}};

bool is_granted(const permission_row& row, role caller) {
  switch (caller) {
  case role::reader:
    return row.reader;
  case role::member:
    return row.member;
  case role::admin:
    return row.admin;
  case role::machine:
    return row.machine;
  }
  return false;
}

} // namespace

std::string_view to_string(role of) {
  const auto found = std::find_if(role_names.begin(), role_names.end(),
                                  [of](const auto& entry) { return entry.first == of; });
  return found == role_names.end() ? "unknown" : found->second;
}

std::optional<role> role_of(std::string_view name) {
  for (const auto& [value, text] : role_names)
    if (text == name)
      return value;
  return std::nullopt;
}

permission judge_permission(role caller, action wanted, bool is_own_team) {
  if (!is_own_team)
    return permission::wrong_team;
  for (const permission_row& row : permission_table)
    if (row.wanted == wanted)
      return is_granted(row, caller) ? permission::granted : permission::wrong_role;
  return permission::wrong_role;
}

} // namespace spec_kitty::server
