// The systemd unit: the service's own user, no capability, nothing to write but the state folder.
#include "app/server/admin/local_commands.hpp"

namespace spec_kitty::server {

namespace {

constexpr const char* default_state = "/var/lib/spec-kitty-server";

/// A word of a unit, quoted, its specifiers escaped.
std::string quoted_unit_word(const std::string& text) {
  std::string word = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      word += '\\';
    word += c;
    if (c == '%' || c == '$')
      word += c;
  }
  return word + "\"";
}

constexpr const char* without_capabilities = R"(CapabilityBoundingSet=
AmbientCapabilities=
PrivateUsers=yes
)";

/// A port below 1024 needs one capability, which a user namespace of its own would take away.
constexpr const char* low_port_capability = R"(CapabilityBoundingSet=CAP_NET_BIND_SERVICE
AmbientCapabilities=CAP_NET_BIND_SERVICE
)";

constexpr const char* hardening = R"(NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectHostname=yes
ProtectClock=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectProc=invisible
ProcSubset=pid
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
DevicePolicy=closed
KeyringMode=private
UMask=0077
LimitCORE=0
LimitNOFILE=65536
)";

} // namespace

std::string unit_text(const server_settings& settings, const std::string& program) {
  const std::string& state = settings.text("state");
  std::string command = quoted_unit_word(program) + " run";
  if (!settings.file().empty())
    command += " --config " + quoted_unit_word(settings.file());
  if (settings.at("state").origin == "flag")
    command += " --state " + quoted_unit_word(state);
  const std::string folder = state == default_state
                                 ? "StateDirectory=spec-kitty-server\nStateDirectoryMode=0700\n"
                                 : "ReadWritePaths=" + quoted_unit_word(state) + "\n";
  const auto listen = parse_listen_address("listen", settings.text("listen"));
  const bool low_port = listen && listen->port != 0 && listen->port < 1024;
  return "[Unit]\n"
         "Description=spec-kitty-server takes in the events of teams\n"
         "After=network-online.target\n"
         "Wants=network-online.target\n"
         "\n"
         "[Service]\n"
         "Type=notify\n"
         "NotifyAccess=main\n"
         "ExecStart=" +
         command +
         "\n"
         "ExecReload=/bin/kill -HUP $MAINPID\n"
         "User=spec-kitty-server\n"
         "Group=spec-kitty-server\n" +
         folder +
         "Restart=on-failure\n"
         "RestartSec=1\n"
         "TimeoutStopSec=30\n" +
         (low_port ? low_port_capability : without_capabilities) + hardening +
         "\n"
         "[Install]\n"
         "WantedBy=multi-user.target\n";
}

} // namespace spec_kitty::server
