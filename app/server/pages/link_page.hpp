// The page behind a link of one use: a person sets the password of an account, or accepts an invite
// with a name and a password.
//
//   GET  /link/<secret>   a form; nothing changes, so a program that looks at links uses none up
//   POST /link/<secret>   does it; the link is used up
//
// The form carries a token that only this process can make for this link, so no cookie is needed; a
// request from another site is refused.
#pragma once

#include "app/listener/message.hpp"
#include "app/server/pages/page_environment.hpp"

#include <string>
#include <string_view>

namespace spec_kitty::server {

inline constexpr std::string_view link_path = "/link/";

class link_page {
public:
  explicit link_page(const page_environment& environment);

  static bool is_for(const listener::inbound_request& request) {
    return request.path.starts_with(link_path);
  }
  /// Waits for the store and for the hash.
  listener::outbound_reply answer(const listener::inbound_request& request) const;

private:
  /// What a link is for, as its page says it.
  struct purpose {
    store::one_time_link link;
    std::string username;  ///< of a password link
    std::string team_slug; ///< of an invite
    std::string team_name;
  };

  std::string form_token(std::string_view link_secret) const;
  /// Nothing where the link does not work.
  result<std::optional<purpose>> find(std::string_view link_secret) const;
  listener::outbound_reply use(const listener::inbound_request& request,
                               std::string_view link_secret, const purpose& what) const;
  listener::outbound_reply set_password(const listener::inbound_request& request,
                                        const purpose& what, const std::string& hash) const;
  /// bad_input, with words for the person, where the name is taken or the team is full: the link
  /// stays good.
  result<listener::outbound_reply> accept_invite(const listener::inbound_request& request,
                                                 const purpose& what,
                                                 const std::string& hash) const;

  const page_environment& environment_;
  std::string secret_; ///< of this process
};

/// A line of the log, with `…` in the place of what makes a link work.
std::string without_link_secrets(std::string_view line);

} // namespace spec_kitty::server
