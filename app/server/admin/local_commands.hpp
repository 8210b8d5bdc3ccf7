// Commands that no running server carries out: init, config list, unit, restore, migrate.
#pragma once

#include "app/server/admin/command_line.hpp"

#include <string>

namespace spec_kitty::server {

int run_local_command(command_context& ctx, const server_command& command, const arguments& given);

/// The URL where clients reach a server of this configuration, as far as it says; for links that
/// are made while none runs.
std::string guessed_url(const server_settings& settings);

/// The systemd unit that `unit` prints.
std::string unit_text(const server_settings& settings, const std::string& program);

} // namespace spec_kitty::server
