// What a reply to a batch means. Pure: status line and body in, verdicts out.
// Source: protocol.md, Batch sync, both tables.
#pragma once

#include "messages/http.hpp"
#include "messages/queue.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace spec_kitty {

enum class reply_kind : std::uint8_t {
  results,      ///< 200 with results: verdicts are filled
  unauthorized, ///< 401: refresh once and send again
  forbidden,    ///< 403: this team is not allowed
  upgrade,      ///< 412: the server wants another client
  failed,       ///< transport failure: nothing is known about any event
};

struct batch_reply {
  reply_kind kind = reply_kind::failed;
  /// One per event that was sent, in the order sent; `kept` where the server said nothing.
  std::vector<verdict> verdicts;
  std::optional<std::uint64_t> server_clock;
  std::vector<std::string> warnings;
  failure why;           ///< for every kind but results
  bool retryable = true; ///< false: trying again at once cannot help
};

/// Reads the reply to a batch of `sent`.
batch_reply interpret(const http_reply& reply, std::span<const leased_event> sent);

/// The most specific of `error_message`, `error`, `reason`, `detail`; empty when there is none.
std::string message_of(const json_value& object);

} // namespace spec_kitty
