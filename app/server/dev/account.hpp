// The one account of a server for trying out. Its login is kept in the state folder (0600), so that
// a restart on the same folder prints the same one and ends no session.
#pragma once

#include "app/server/admin/administration.hpp"
#include "app/server/dev/options.hpp"

#include <filesystem>
#include <vector>

namespace spec_kitty::server::dev {

/// Makes team, account and membership as far as they are missing. A field is what is given, else
/// what is kept, else `dev`, `dev-team` and a new password. A password that differs from the
/// account's ends its sessions, another team its membership of the one before.
result<login> settle_account(administration& of, const std::filesystem::path& state,
                             const login& given);

/// Has the team take events of these types too.
result<void> accept_types(administration& of, const std::string& team_slug,
                          const std::vector<store::team_event_type>& types);

} // namespace spec_kitty::server::dev
