// The server's configuration: defaults < server.toml < environment < flags, each value with its
// origin. The table of keys (server_settings.cpp) is the only list of them.
//
//   server.toml: --config FILE, else /etc/spec-kitty/server.toml, else server.toml in the state
//   folder environment: SPEC_KITTY_SERVER_TLS_KEY for tls.key; a flag: --tls-key
// Source: docs/server.md, Configuration.
#pragma once

#include "config/settings.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::server {

std::span<const setting_key> server_setting_keys();

/// `--tls-key` for tls.key.
std::string server_flag_name(std::string_view key);
/// SPEC_KITTY_SERVER_TLS_KEY for tls.key.
std::string server_environment_name(std::string_view key);

/// What the command line says.
struct chosen_settings {
  std::optional<std::string> config_file;
  std::map<std::string, std::string, std::less<>> flags; ///< key to value
  /// `run --dev`: no file counts that was not named or lies in a folder that was named.
  bool for_trying_out = false;
};

class server_settings {
public:
  /// Reads every layer and checks each value. bad_config names file and line, or variable, and what
  /// is allowed; an unknown key in the file is a warning.
  static result<server_settings> load(const chosen_settings& chosen);

  /// Of `run --dev`: the values of its own options, then what it uses where nothing else was
  /// chosen: this folder, any free port, as many requests as one account likes.
  result<void> for_trying_out(const std::map<std::string, std::string, std::less<>>& given,
                              const std::string& state);

  const setting_value& at(std::string_view key) const;
  const std::string& text(std::string_view key) const { return at(key).text; }
  std::int64_t number(std::string_view key) const;
  bool flag(std::string_view key) const { return text(key) == "true"; }
  std::vector<std::string> list(std::string_view key) const;

  std::filesystem::path state() const { return text("state"); }
  /// The keys file: `keys.file`, else `keys` in the state folder.
  std::filesystem::path keys_file() const;
  /// The file that was read; empty: none.
  const std::string& file() const { return file_; }
  const std::vector<std::string>& warnings() const { return warnings_; }

private:
  result<void> read_layer_file(const std::string& file, bool must_exist);
  result<void> read_environment();
  result<void> read_flags(const chosen_settings& chosen);
  result<void> set(std::size_t at, std::string_view value, std::string_view origin,
                   const std::string& place);

  std::vector<setting_value> values_; ///< in the order of server_setting_keys()
  std::vector<std::string> warnings_;
  std::string file_;
};

/// An address and a port to listen on.
struct listen_address {
  std::string address; ///< numeric, without brackets
  std::uint16_t port = 0;
  bool is_loopback() const;
};

/// `127.0.0.1:8443`, `[::1]:8443`; bad_config for anything else.
result<listen_address> parse_listen_address(std::string_view key, std::string_view text);

/// What `run` needs beyond single values: the address, both files of TLS or neither, no plain
/// listening beyond loopback without a trusted proxy, a store that this version has.
result<void> check_server_settings(const server_settings& settings);

/// The URL that clients use: `public_url`, else what is listened on.
std::string public_url_of(const server_settings& settings, std::string_view listening_url);

} // namespace spec_kitty::server
