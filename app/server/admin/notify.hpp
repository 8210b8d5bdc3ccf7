// Tells systemd how the service stands, by its protocol of one datagram. Without the socket's name
// in the environment nothing is sent.
// https://www.freedesktop.org/software/systemd/man/sd_notify.html
#pragma once

#include <string_view>

namespace spec_kitty::server {

/// `READY=1`, `STOPPING=1`, `RELOADING=1` … Never waits.
void notify_service_manager(std::string_view state);

} // namespace spec_kitty::server
