// A reply as bytes. Pure.
#pragma once

#include "app/listener/message.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace spec_kitty::listener {

/// How a reply is framed.
struct reply_form {
  bool version_1_0 = false; ///< of the request
  bool keep_alive = false;  ///< the connection stays open
  bool head_only = false;   ///< the request was a HEAD
  std::string_view id{};    ///< of the request; empty before there is one
  std::int64_t time = 0;    ///< seconds since 1970
};

/// The words of a status line; `Unknown` for a status that is not one.
std::string_view reason_phrase(int status);

/// Everything but the body. A field whose name is not a token, whose value has a control character
/// or that frames the message (Content-Length, Transfer-Encoding, Connection …) is left out.
std::string reply_head(const outbound_reply& reply, const reply_form& form);

/// Whether a body follows the head: not after HEAD, 1xx, 204 and 304.
bool has_reply_body(int status, bool head_only);

/// `Tue, 01 Dec 2026 04:00:00 GMT`.
std::string http_date(std::int64_t seconds);

} // namespace spec_kitty::listener
