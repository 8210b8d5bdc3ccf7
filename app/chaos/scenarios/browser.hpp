// A person's browser, without a window: it signs in to a server's pages, approves logins, and sees
// which sessions the account has.
#pragma once

#include "app/chaos/proxy/ask_http.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace spec_kitty::chaos {

class browser {
public:
  /// Signs in. Throws std::runtime_error where the server does not let it.
  browser(int port, const std::string& username, const std::string& password);

  /// Approves the login that shows this code; false where the server does not.
  bool approve(const std::string& user_code, const std::string& team);
  /// How many sessions of programs the account has that did not end. Throws std::runtime_error
  /// where the page cannot be read.
  std::uint64_t program_sessions();

private:
  /// The page; what it redirects to in its place.
  std::string open(const std::string& path);
  std::string send(const std::string& path, const std::map<std::string, std::string>& fields);
  std::string read(const std::string& request);

  int port_;
  std::string cookie_;
  std::string form_token_;
};

} // namespace spec_kitty::chaos
