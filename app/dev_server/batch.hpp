// One batch of events, from the bytes of the request to the results of the reply.
//
//   headers ─► gunzip ─► JSON ─► list of texts ─► tenancy ─► judge each ─► log (durable) ─► reply
//   415, 400   400, 413  400     400, 413         403                      500
//
// All that can refuse the whole batch comes before the first event is judged; after that every
// event has exactly one result, in order. See docs/protocol.md, Batch sync.
#pragma once

#include "app/dev_server/event_log.hpp"
#include "app/dev_server/http.hpp"
#include "app/dev_server/reply_memory.hpp"
#include "app/dev_server/tokens.hpp"
#include "messages/custom_types.hpp"
#include "messages/protocol.hpp"
#include "util/json.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::dev_server {

/// Largest batch before compression, in bytes.
inline constexpr std::size_t max_batch_bytes = std::size_t{8} * 1024 * 1024;

/// How tests want the server to misbehave, and which event types it accepts beyond the protocol's.
struct batch_rules {
  unsigned pending_first = 0;         ///< how often each new event is answered `pending`
  std::set<std::string> reject_types; ///< event types answered `error`
  custom_types more_types{};          ///< of host programs
  std::size_t max_events = protocol::max_batch_events; ///< in one batch
};

/// An event's result.
struct judgement {
  std::optional<std::string> event_id; ///< as sent; nothing where it is missing
  std::string_view status;             ///< see docs/protocol.md, Batch sync
  std::string error_message;
};

/// An event that has arrived, parsed once for all that look at it. What it points to outlives it.
struct arrived_event {
  std::string_view line; ///< compact JSON
  const json_value* event = nullptr;
  const std::string* team_slug = nullptr; ///< its sender's
  /// Of a WebSocket the connection; else 0 and the sender's session.
  std::uint64_t connection = 0;
  std::string_view session{};

  bool is_of_its_team() const;
};

class batch_desk {
public:
  /// Called with every newly kept event.
  using kept_listener = std::function<void(const arrived_event& kept)>;

  batch_desk(event_log& log, batch_rules rules) : log_(log), rules_(std::move(rules)) {}

  void on_kept(kept_listener listener) { kept_ = std::move(listener); }

  const batch_rules& rules() const { return rules_; }

  /// Answers a batch that a member of the team sent.
  http_response handle(const http_request& request, const token_owner& sender);

  /// Judges events, each cut out of a text that compact_json gave, and keeps the good ones durably.
  /// A failure where no event was judged: held (of another team), store_* (not kept).
  result<std::vector<judgement>> take(const std::vector<std::string_view>& texts,
                                      const token_owner& sender);

  /// The same for events of their senders' teams: one log sync for all of them.
  result<std::vector<judgement>> take(const std::vector<arrived_event>& events);

private:
  judgement judge(const json_value& event, std::set<std::string>& in_this_batch);

  event_log& log_;
  batch_rules rules_;
  reply_memory replies_;
  kept_listener kept_;
  std::map<std::string, unsigned> times_pending_; ///< by event_id, until it is accepted
};

} // namespace spec_kitty::dev_server
