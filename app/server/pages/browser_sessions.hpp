// Who is this browser? A person's session in a browser: a cookie whose hash is in the store.
//
//   find(request)  ─▶ the session: account, teams with roles, form token        (any page)
//   a change       ─▶ is_from_this_site(request) and is_own_form(request, session)
//   a WebSocket    ─▶ may_open_by_cookie(request), then find(), then SESSIONS: identify_browser
//                     with the session's id, the account and one of its teams, which gives the same
//                     `caller` that a token gives, and the same checks while it is open
//
// The cookie is `__Host-spec-kitty`, HttpOnly, Secure, SameSite=Strict: no script sees it, no other
// site can send it, and browsers take it over plain HTTP from a loopback address alone. The form
// token is an HMAC under the cookie, so that it needs no memory and ends with the session.
// A browser that may not be here gets the same in every case: nothing. Every call reads the store,
// for microseconds; begin() and end() wait for the disk.
#pragma once

#include "app/listener/message.hpp"
#include "app/server/core/roles.hpp"
#include "app/server/store/accounts.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::server {

struct browser_team {
  store::team_id id = 0;
  std::string slug;
  std::string name; ///< for people
  role as = role::reader;
};

struct browser_session {
  ulid id;
  store::account_id account = 0;
  std::string username;
  std::vector<browser_team> teams; ///< by slug; may be empty
  std::string form_token;

  /// nullptr where the person is not in that team.
  const browser_team* team(std::string_view slug) const;
};

class browser_sessions {
public:
  browser_sessions(store::accounts& accounts, std::function<epoch_us()> now)
      : accounts_(accounts), now_(std::move(now)) {}

  /// Nothing without a good session; a failure where the store cannot be read.
  result<std::optional<browser_session>> find(const listener::inbound_request& request) const;
  /// Begins a session; the header that sets its cookie.
  result<listener::header_field> begin(store::account_id account,
                                       const listener::inbound_request& request) const;
  /// Ends a session of the account, of a browser or a program.
  result<void> end(const browser_session& by, const ulid& session,
                   const listener::inbound_request& request) const;
  /// The header that takes the cookie away.
  static listener::header_field no_cookie();

  // ── Before anybody has signed in. ──────────────────────────────────────────────────────────────
  /// A cookie for a form of nobody, where the request has none, and the token of that form.
  struct visitor {
    std::string form_token;
    std::optional<listener::header_field> cookie;
  };
  static visitor visit(const listener::inbound_request& request);

  /// Whether the form carries the token that belongs to the cookie of the request.
  static bool is_own_form(const listener::inbound_request& request);

private:
  store::accounts& accounts_;
  std::function<epoch_us()> now_;
};

} // namespace spec_kitty::server
