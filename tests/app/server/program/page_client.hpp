// A browser without a window: it follows forms, keeps the cookie, and says where it comes from.
#pragma once

#include "tests/app/server/program/program_fixture.hpp"

#include <map>
#include <string>

namespace spec_kitty::support {

class page_client {
public:
  explicit page_client(int port) : port_(port) {}

  /// The whole reply; a redirect is followed.
  std::string get(const std::string& path);
  /// Sends a form with the token of the page that was read last.
  std::string post(const std::string& path, std::map<std::string, std::string> fields);
  std::string sign_in(const std::string& user, const std::string& password,
                      const std::string& next = "/account");

  std::string cookie;
  std::string origin; ///< empty: the server's own
  std::string form_token;

private:
  std::string exchange_of(const std::string& head, const std::string& body);
  std::string read(std::string reply);
  int port_;
};

/// The text between the first `before` and the next `after`.
std::string between(const std::string& text, const std::string& before, const std::string& after);

} // namespace spec_kitty::support
