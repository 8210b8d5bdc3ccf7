// The page behind a link of one use, on which a person sets the password of an account.
//
//   GET  /link/<secret>   a form; nothing changes, so a program that looks at links uses none up
//   POST /link/<secret>   sets the password; the link is used up
//
// Plain HTML without a script, a style from elsewhere or a cookie. The form carries a token that
// only this process can make for this link; a request from another site is refused.
#pragma once

#include "app/listener/message.hpp"
#include "app/server/admin/administration.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace spec_kitty::server {

inline constexpr std::string_view link_path = "/link/";

class link_page {
public:
  /// `hash`: the Argon2 hash of a password; takes its time.
  using password_hasher = std::function<result<std::string>(const std::string& password)>;

  /// `secret`: random bytes of this process.
  link_page(store::accounts& accounts, std::string public_url, std::string secret,
            password_hasher hash);

  static bool is_for(const listener::inbound_request& request) {
    return request.path.starts_with(link_path);
  }
  /// Waits for the store and for the hash.
  listener::outbound_reply answer(const listener::inbound_request& request, epoch_us now) const;

private:
  std::string form_token(std::string_view link_secret) const;
  listener::outbound_reply set_password(const listener::inbound_request& request,
                                        std::string_view link_secret, const store::user_info& user,
                                        epoch_us now) const;
  bool is_from_this_site(const listener::inbound_request& request) const;

  store::accounts& accounts_;
  std::string public_url_;
  std::string secret_;
  password_hasher hash_;
};

/// A body of `application/x-www-form-urlencoded`: the value of a field, decoded; nothing where it
/// is missing, given twice, or badly encoded.
std::optional<std::string> form_field(std::string_view body, std::string_view name);

/// A line of the log, with `…` in the place of what makes a link work.
std::string without_link_secrets(std::string_view line);

/// Text for a place between HTML tags or in a quoted attribute.
std::string html_text(std::string_view text);

} // namespace spec_kitty::server
