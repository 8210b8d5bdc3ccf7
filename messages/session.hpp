// AUTH's requests and answers. Tokens live in these structs and in the credentials file only:
// never in an error, a log line or JSON output.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace spec_kitty {

/// A login that a person approves in a browser, while this side asks for its outcome.
/// https://www.rfc-editor.org/rfc/rfc8628
struct device_wait {
  std::string code; ///< the `device_code`; a secret
  std::chrono::seconds interval{5};
  std::chrono::seconds expires_in{600};
};

/// Logs in with user name and password, with a token for a machine, or by a device code.
struct login_request {
  std::string username;
  std::string password;
  bool adopt_local = false;
  std::string team = {};          ///< which of the account's teams; empty: the server decides
  std::string machine_token = {}; ///< instead of user name and password
  device_wait device = {};        ///< likewise, where it has a code
};

/// AUTH to itself: ask again whether the device login of this number was approved.
struct device_tick {
  std::uint64_t login = 0;
};

/// What a login did, for the person.
struct login_done {
  std::string username;
  std::string team_slug;        ///< empty: the server named none
  std::string role;             ///< in that team; empty: the server named none
  std::uint64_t adopted = 0;    ///< events emitted before, now the team's
  std::uint64_t left_local = 0; ///< events that stay local: another account's
  std::vector<std::pair<std::string, std::uint64_t>> projects; ///< of the adopted ones
};

/// Asks for a token that can be sent now. `failed_access` names one that the server refused: it
/// is refreshed unless another process has done so already.
struct token_request {
  std::string failed_access;
};

struct access_token {
  std::string access;
  std::string team_slug;
  std::string username;
};

struct logout_request {};

/// What a logout did. The session is cleared here in any case.
struct logout_done {
  bool was_logged_in = false;
  bool revoked = false;    ///< the refresh token is used up at the server too
  std::string not_revoked; ///< why not, in words; empty: it was, or no session existed
};

} // namespace spec_kitty
