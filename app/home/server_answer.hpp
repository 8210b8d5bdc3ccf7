// What came back when the server was asked for its clock.
#pragma once

#include "messages/http.hpp"
#include "util/result.hpp"

#include <optional>

namespace spec_kitty {

/// How a question to the server ended.
struct server_answer {
  http_reply reply;
  http_reply offer; ///< to the question what it offers; no outcome but `answered` means anything
  bool with_token = false;
  std::optional<failure> no_token; ///< why the session, where there is one, gave no token
};

} // namespace spec_kitty
