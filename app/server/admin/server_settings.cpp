#include "app/server/admin/server_settings.hpp"

#include "config/toml_file.hpp"
#include "util/closest.hpp"
#include "util/files.hpp"
#include "util/text.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <utility>

namespace spec_kitty::server {

namespace fs = std::filesystem;

namespace {

using kind = setting_key::kind;

constexpr std::int64_t gibibyte = std::int64_t{1} << 30;
constexpr const char* system_file = "/etc/spec-kitty/server.toml";

constexpr auto server_keys = std::to_array<setting_key>({
    {"state", kind::path, "/var/lib/spec-kitty-server", 0, 0, "",
     "the folder of store, keys and admin.sock"},
    {"listen", kind::text, "127.0.0.1:8443", 0, 0, "", "address and port; port 0 is any free one"},
    {"public_url", kind::url, "", 0, 0, "", "the URL that clients use; empty: what is listened on"},
    {"tls.certificate", kind::path, "", 0, 0, "",
     "PEM file: the server's certificate, then issuers"},
    {"tls.key", kind::path, "", 0, 0, "", "PEM file: the certificate's key"},
    {"proxy.trusted", kind::list, "", 0, 0, "",
     "addresses and networks whose X-Forwarded-* fields count"},
    {"store", kind::text, "", 0, 0, "", "empty: LMDB in the state folder"},
    {"retention.days", kind::number, "0", 0, 36500, "",
     "texts of events are kept so long; 0: for ever"},
    {"metrics.listen", kind::text, "", 0, 0, "",
     "address and port of /metrics, /healthz and /readyz; empty: off"},
    {"keys.file", kind::path, "", 0, 0, "",
     "signing keys; empty: the file keys in the state folder"},
    {"limits.batch_events", kind::number, "1000", 1, 100000, "", "events of a batch"},
    {"limits.batch_bytes", kind::number, "67108864", 4096, gibibyte, "",
     "bytes of a batch before compression"},
    {"limits.body_bytes", kind::number, "8388608", 4096, gibibyte, "",
     "bytes of a request as sent"},
    {"limits.compression_ratio", kind::number, "200", 2, 10000, "",
     "unpacked bytes for each byte of a compressed request"},
    {"limits.message_bytes", kind::number, "1048576", 4096, 67108864, "",
     "bytes of a WebSocket message"},
    {"limits.snapshot_bytes", kind::number, "8388608", 4096, gibibyte, "",
     "bytes of the snapshot that a WebSocket begins with"},
    {"limits.subscriber_bytes", kind::number, "1048576", 65536, gibibyte, "",
     "bytes that wait for one WebSocket"},
    {"limits.waiting_bytes", kind::number, "268435456", 1048576, 16 * gibibyte, "",
     "bytes of batches that wait, in all"},
    {"limits.waiting_batches", kind::number, "4096", 1, 1000000, "", "batches that wait, in all"},
    {"limits.team_waiting_batches", kind::number, "64", 1, 100000, "",
     "batches that wait, of one team"},
    {"limits.password_checks", kind::number, "32", 1, 1000, "", "logins that wait for their turn"},
    {"limits.requests_per_second", kind::number, "100", 1, 1000000, "", "requests of one account"},
    {"limits.sockets", kind::number, "10000", 1, 1000000, "", "WebSockets in all"},
    {"limits.account_sockets", kind::number, "100", 1, 1000000, "", "WebSockets of one account"},
    {"limits.session_sockets", kind::number, "8", 1, 1000000, "", "WebSockets of one session"},
    {"limits.connections", kind::number, "10000", 10, 1000000, "", "connections in all"},
    {"limits.connections_per_address", kind::number, "5000", 1, 1000000, "",
     "connections of one address"},
    {"limits.body_budget_bytes", kind::number, "268435456", 1048576, 16 * gibibyte, "",
     "bytes of all requests in flight"},
    {"limits.threads", kind::number, "1", 1, 64, "", "threads of the network"},
    {"limits.team.members", kind::number, "1000", 0, 1000000, "",
     "members of a team; 0: any number"},
    {"limits.team.bytes", kind::number, "0", 0, 1024 * gibibyte, "",
     "bytes of a team's stored events; 0: any number"},
    {"limits.team.events_per_second", kind::number, "0", 0, 10000000, "",
     "events of a team, on average; 0: any number"},
    {"log.format", kind::choice, "text", 0, 0, "text|json", "form of the log on stderr"},
    {"log.requests", kind::flag, "true", 0, 0, "", "a line for each request"},
    {"log.addresses", kind::flag, "true", 0, 0, "", "whether lines hold the address of the client"},
    {"log.days", kind::number, "0", 0, 3650, "",
     "the log is also kept in files in the state folder, so long; 0: not in files"},
    {"session.unused_hours", kind::number, "24", 1, 720, "",
     "a login that was never used ends after this"},
});

std::size_t place_of(std::string_view name) {
  const auto found = std::find_if(server_keys.begin(), server_keys.end(),
                                  [&](const auto& key) { return key.name == name; });
  return static_cast<std::size_t>(found - server_keys.begin());
}

std::optional<std::string> closest_key(std::string_view typed) {
  std::vector<std::string> names;
  names.reserve(std::size(server_keys));
  for (const auto& key : server_keys)
    names.emplace_back(key.name);
  return closest(typed, names);
}

failure in_place(const std::string& place, const failure& why) {
  return {why.code, place + why.message, why.hint};
}

} // namespace

std::span<const setting_key> server_setting_keys() {
  return server_keys;
}

std::string server_flag_name(std::string_view key) {
  std::string name = "--";
  for (const char c : key)
    name += c == '.' || c == '_' ? '-' : c;
  return name;
}

std::string server_environment_name(std::string_view key) {
  return environment_name("server." + std::string(key));
}

const setting_value& server_settings::at(std::string_view key) const {
  return values_.at(place_of(key));
}

std::int64_t server_settings::number(std::string_view key) const {
  return whole_number<std::int64_t>(text(key)).value_or(0);
}

std::vector<std::string> server_settings::list(std::string_view key) const {
  std::vector<std::string> items;
  for (std::string_view rest = text(key); !rest.empty();) {
    const auto comma = rest.find(',');
    std::string_view item = rest.substr(0, comma);
    item.remove_prefix(std::min(item.find_first_not_of(' '), item.size()));
    item = item.substr(0, item.find_last_not_of(' ') + 1);
    if (!item.empty())
      items.emplace_back(item);
    rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
  }
  return items;
}

fs::path server_settings::keys_file() const {
  return text("keys.file").empty() ? state() / "keys" : fs::path(text("keys.file"));
}

result<void> server_settings::set(std::size_t at, std::string_view value, std::string_view origin,
                                  const std::string& place) {
  if (const auto ok = check_setting(server_keys[at], value); !ok)
    return in_place(place, ok.error());
  values_[at] = {std::string(value), origin};
  return {};
}

result<void> server_settings::read_layer_file(const std::string& file, bool must_exist) {
  const auto text = read_private_file(file);
  // A state folder of another user is named when it is entered, not by a file that may be in it.
  if (!text && !must_exist && ::access(file.c_str(), R_OK) != 0 && errno == EACCES)
    return {};
  if (!text)
    return failure{ec::bad_config, text.error().message, text.error().hint};
  if (!*text && must_exist)
    return failure{ec::bad_config, file + " does not exist", "give --config a file that exists"};
  if (!*text)
    return {};
  file_ = file;
  const auto entries = read_toml(**text, file);
  if (!entries)
    return entries.error();
  for (const auto& entry : *entries) {
    const std::size_t at = place_of(entry.key);
    const std::string place = file + ", line " + std::to_string(entry.line) + ": ";
    if (at == server_keys.size()) {
      warnings_.push_back(place + "unknown key " + entry.key + " is ignored" +
                          did_you_mean(closest_key(entry.key)));
      continue;
    }
    if (!type_fits(server_keys[at], entry.type))
      return failure{ec::bad_config, place + entry.key + " has the wrong type",
                     "give " + allowed_values(server_keys[at])};
    if (auto ok = set(at, entry.value, "file", place); !ok)
      return ok;
  }
  return {};
}

result<void> server_settings::read_environment() {
  for (std::size_t at = 0; at < server_keys.size(); ++at) {
    const std::string name = server_environment_name(server_keys[at].name);
    const char* value = std::getenv(name.c_str());
    if (value == nullptr || *value == '\0')
      continue;
    if (auto ok = set(at, value, "environment", "environment variable " + name + ": "); !ok)
      return ok;
  }
  return {};
}

result<void> server_settings::read_flags(const chosen_settings& chosen) {
  for (const auto& [key, value] : chosen.flags)
    if (auto ok = set(place_of(key), value, "flag", server_flag_name(key) + ": "); !ok)
      return ok;
  return {};
}

result<server_settings> server_settings::load(const chosen_settings& chosen) {
  server_settings loaded;
  for (const auto& key : server_keys)
    loaded.values_.push_back({std::string(key.fallback), "default"});
  // The state folder may hold the file, so what the other layers say of it comes first.
  if (auto ok = loaded.read_environment(); !ok)
    return ok.error();
  if (auto ok = loaded.read_flags(chosen); !ok)
    return ok.error();
  std::error_code none;
  std::string file = system_file;
  if (chosen.config_file)
    file = fs::absolute(*chosen.config_file, none).string();
  else if (chosen.for_trying_out && loaded.at("state").origin == "default")
    file.clear();
  else if (chosen.for_trying_out || !fs::exists(system_file, none))
    file = (loaded.state() / "server.toml").string();
  if (!file.empty())
    if (auto ok = loaded.read_layer_file(file, chosen.config_file.has_value()); !ok)
      return ok.error();
  if (auto ok = loaded.read_environment(); !ok)
    return ok.error();
  if (auto ok = loaded.read_flags(chosen); !ok)
    return ok.error();
  return loaded;
}

result<void>
server_settings::for_trying_out(const std::map<std::string, std::string, std::less<>>& given,
                                const std::string& state) {
  for (const auto& [key, value] : given)
    if (auto ok = set(place_of(key), value, "flag", key + ": "); !ok)
      return ok;
  if (!state.empty())
    values_[place_of("state")] = {state, "default"};
  for (const auto& [key, value] :
       {std::pair{"listen", "127.0.0.1:0"}, std::pair{"limits.requests_per_second", "1000000"}})
    if (at(key).origin == "default")
      values_[place_of(key)] = {value, "default"};
  const auto listen = parse_listen_address("listen", text("listen"));
  if (!listen || listen->is_loopback())
    return listen ? result<void>{} : listen.error();
  return failure{ec::bad_config, "a server for trying out listens on this machine alone",
                 "leave --listen out, or run it without --dev"};
}

bool listen_address::is_loopback() const {
  return address == "::1" || address.starts_with("127.");
}

result<listen_address> parse_listen_address(std::string_view key, std::string_view text) {
  const failure bad{ec::bad_config,
                    std::string(key) + ": \"" + std::string(text) + "\" is not allowed",
                    "give a numeric address and a port: 127.0.0.1:8443, 0.0.0.0:443, [::]:443"};
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos)
    return bad;
  std::string_view address = text.substr(0, colon);
  const bool bracketed = address.starts_with('[') && address.ends_with(']');
  if (bracketed)
    address = address.substr(1, address.size() - 2);
  const auto port = whole_number<std::uint16_t>(text.substr(colon + 1));
  listen_address found{std::string(address), port.value_or(0)};
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  const int family = bracketed ? AF_INET6 : AF_INET;
  return port && ::inet_pton(family, found.address.c_str(), bytes.data()) == 1
             ? result<listen_address>(std::move(found))
             : bad;
}

result<void> check_server_settings(const server_settings& settings) {
  const auto listen = parse_listen_address("listen", settings.text("listen"));
  if (!listen)
    return listen.error();
  if (!settings.text("metrics.listen").empty())
    if (const auto metrics =
            parse_listen_address("metrics.listen", settings.text("metrics.listen"));
        !metrics)
      return metrics.error();
  const bool certificate = !settings.text("tls.certificate").empty();
  if (certificate != !settings.text("tls.key").empty())
    return failure{ec::bad_config,
                   std::string(certificate ? "tls.certificate" : "tls.key") + " is set, " +
                       (certificate ? "tls.key" : "tls.certificate") + " is not",
                   "set both, or neither"};
  if (!certificate && !listen->is_loopback() && settings.list("proxy.trusted").empty())
    return failure{ec::bad_config,
                   "listen is " + settings.text("listen") +
                       ", which other machines reach, and TLS is not set: passwords and events "
                       "would be readable on the way",
                   "set tls.certificate and tls.key; or, behind a proxy that does TLS, "
                   "proxy.trusted to its address"};
  if (!settings.text("store").empty())
    return failure{ec::bad_config,
                   "store: this version keeps its events in LMDB in the state folder alone",
                   "remove the key store"};
  return {};
}

std::string public_url_of(const server_settings& settings, std::string_view listening_url) {
  std::string url = settings.text("public_url");
  while (url.ends_with('/'))
    url.pop_back();
  return url.empty() ? std::string(listening_url) : url;
}

} // namespace spec_kitty::server
