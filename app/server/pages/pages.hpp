// The pages for people: plain HTML that needs no script, a keyboard or a screen reader being
// enough; and the board.
//
//   /                the board of a team: the one page with a script (app/board/page)
//   /login           name and password ─▶ a session in the browser ─▶ where the person wanted to go
//   /device          the code of a program that waits for a login ─▶ what it is ─▶ approve or deny
//   /account         one's own sessions and tokens, and their end
//   /link/<secret>   sets a password, or accepts an invite (link_page.hpp)
//
// Every page asks for its own host, every change for its own site and a form token, and nothing is
// changed by a GET. One thread at a time.
#pragma once

#include "app/server/core/login_limits.hpp"
#include "app/server/pages/browser_sessions.hpp"
#include "app/server/pages/link_page.hpp"
#include "app/server/pages/page_environment.hpp"

#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace spec_kitty::server {

inline constexpr std::string_view board_path = "/";
inline constexpr std::string_view login_path = "/login";
inline constexpr std::string_view device_path = "/device";
inline constexpr std::string_view account_path = "/account";

class pages : public std::enable_shared_from_this<pages> {
public:
  explicit pages(page_environment environment);
  pages(const pages&) = delete;
  pages& operator=(const pages&) = delete;

  /// Whether a path is a page. From any thread.
  static bool is_for(const listener::inbound_request& request);

  /// Answers once, perhaps later; waits for the store.
  void answer(const std::shared_ptr<const listener::inbound_request>& request,
              const listener::reply_callback& reply);

private:
  using request_ptr = std::shared_ptr<const listener::inbound_request>;

  // login_page.cpp
  void log_in(const request_ptr& request, const listener::reply_callback& reply);
  listener::outbound_reply finish_login(const listener::inbound_request& request,
                                        const password_verdict& verdict) const;

  // device_page.cpp
  listener::outbound_reply device(const listener::inbound_request& request);
  listener::outbound_reply show_device(const listener::inbound_request& request,
                                       const browser_session& person, const std::string& typed);
  listener::outbound_reply decide_device(const listener::inbound_request& request,
                                         const browser_session& person);
  /// The login that waits under a code; or the page that says why not, and a wrong code counts.
  std::variant<store::device_login, listener::outbound_reply>
  find_device(const listener::inbound_request& request, const browser_session& person,
              const std::string& typed);

  // board_page.cpp
  listener::outbound_reply board(const listener::inbound_request& request) const;

  // account_page.cpp
  listener::outbound_reply account(const listener::inbound_request& request) const;
  listener::outbound_reply show_account(const browser_session& person, std::string_view done) const;
  listener::outbound_reply change_account(const listener::inbound_request& request,
                                          const browser_session& person) const;

  /// The person, or where to sign in first.
  std::variant<browser_session, listener::outbound_reply>
  signed_in(const listener::inbound_request& request) const;
  /// The refusal of a change that does not come from a page of this site.
  std::optional<listener::outbound_reply>
  refuse_change(const listener::inbound_request& request) const;

  page_environment environment_;
  browser_sessions sessions_;
  link_page links_;
  failure_counter wrong_codes_of_account_;
  failure_counter wrong_codes_of_address_;
};

/// A path of this server that may follow a sign-in; the account's page for anything else.
std::string safe_path(std::string_view path);

} // namespace spec_kitty::server
