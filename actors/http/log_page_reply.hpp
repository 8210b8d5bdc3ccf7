// The question for a page of a team's log, and what the answer means. Pure.
// Source: docs/protocol.md, Resume.
#pragma once

#include "messages/http.hpp"
#include "messages/team_log.hpp"
#include "util/result.hpp"
#include "util/url.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace spec_kitty {

/// Which server is asked, and how.
struct log_page_source {
  server_url server;
  std::string ca_file;
  std::chrono::milliseconds timeout{60000};
};

/// Events of one page, at most.
inline constexpr std::size_t max_log_page_events = 1000;

/// `log` empty: whichever the team has; `limit`: events of the page, 1 to 1000.
http_request log_page_question(const log_page_source& at, const std::string& access,
                               const std::string& log, std::uint64_t after, std::size_t limit);

/// login_required for 401; not_found where the team has another log now; transport, or what the
/// server says, for any other reply.
result<log_page> read_log_page(const http_reply& reply);

} // namespace spec_kitty
