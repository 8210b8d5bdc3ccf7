// A request as far as its headers, read out of libwebsockets' tables while it still has them.
#pragma once

#include "app/dev_server/http.hpp"

#include <cstddef>
#include <optional>

struct lws;

namespace spec_kitty::dev_server {

struct request_head {
  http_request request;              ///< method (empty where it is unknown), path, headers
  bool chunked = false;              ///< Transfer-Encoding was sent
  bool length_readable = true;       ///< false: Content-Length is not a number
  std::optional<std::size_t> length; ///< Content-Length, in bytes
};

/// To be called in LWS_CALLBACK_HTTP; later the headers may be gone.
request_head read_head(lws* wsi);

} // namespace spec_kitty::dev_server
