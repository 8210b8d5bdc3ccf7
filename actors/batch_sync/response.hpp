// What a reply to a batch means. Pure: status line and body in, verdicts out.
// Source: docs/protocol.md, Batch sync, both tables.
#pragma once

#include "messages/http.hpp"
#include "messages/queue.hpp"
#include "messages/server_offer.hpp"
#include "util/json.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace spec_kitty {

enum class reply_kind : std::uint8_t {
  results,      ///< 200 with results
  named,        ///< 400 that names events: those count as rejected, the rest is sent again
  unnamed,      ///< 400 or 422 without names: split
  unauthorized, ///< 401: refresh once and send again
  forbidden,    ///< 403: this team is not allowed
  upgrade,      ///< 412: the server wants another client
  too_large,    ///< 413: halve
  slow_down,    ///< 429: wait
  too_long,     ///< the reply has more bytes than are read: fewer events have a shorter one
  failed,       ///< transport failure: nothing is known about any event
};

struct batch_reply {
  reply_kind kind = reply_kind::failed;
  /// Its content type is JSON and its body an object: only such a reply blames or holds an event.
  bool by_server = false;
  /// For each event that was sent, in the order sent; `kept` where the reply does not name it.
  std::vector<verdict> verdicts;
  /// Positions of events refused as `clock_behind`; their verdict is `kept`.
  std::vector<std::uint64_t> behind;
  std::optional<std::uint64_t> server_clock;
  server_limits limits;    ///< of any reply of the server
  std::string retry_after; ///< of a 429, as sent
  epoch_us replied_at = 0; ///< by the server's own clock (`Date`); 0: it did not say
  std::vector<std::string> warnings;
  failure why;           ///< for every kind but results
  bool retryable = true; ///< of a failure; false: trying again at once cannot help
};

/// Reads the reply to a batch of `sent`.
batch_reply interpret(const http_reply& reply, std::span<const leased_event> sent);
/// The same for any reply, without the shorter way for the usual one (ordered_results.hpp).
batch_reply interpret_any(const http_reply& reply, std::span<const leased_event> sent);

/// The most specific of `error_message`, `error`, `reason`, `detail`; empty when all are missing.
std::string message_of(const json_value& object);

} // namespace spec_kitty
