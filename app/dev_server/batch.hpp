// One batch of events, from the bytes of the request to the results of the reply.
//
//   headers ─► gunzip ─► JSON ─► list of texts ─► tenancy ─► judge each ─► log (durable) ─► reply
//   415, 400   400, 413  400     400, 413         403                      500
//
// Whatever refuses the whole batch comes before the first event is judged; after that every event
// has exactly one result, in order. Source: protocol.md, Batch sync.
#pragma once

#include "app/dev_server/event_log.hpp"
#include "app/dev_server/http.hpp"
#include "app/dev_server/reply_memory.hpp"
#include "messages/json.hpp"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::dev_server {

/// Largest batch before compression, in bytes.
inline constexpr std::size_t max_batch_bytes = std::size_t{8} * 1024 * 1024;

/// Knobs for tests: how the server should misbehave.
struct batch_rules {
  unsigned pending_first = 0;         ///< how often each new event is answered `pending`
  std::set<std::string> reject_types; ///< event types answered `error`
};

class batch_desk {
public:
  batch_desk(event_log& log, batch_rules rules) : log_(log), rules_(std::move(rules)) {}

  /// Answers a batch that a member of the team sent.
  http_response handle(const http_request& request, const std::string& team_slug);

private:
  /// One event of the batch and what is said about it.
  struct judgement {
    std::optional<std::string> event_id; ///< as sent; nothing where it is missing
    std::string_view status;
    std::string error_message;
  };

  http_response judge_all(const std::vector<std::string_view>& texts, const std::string& team_slug,
                          bool& final);
  judgement judge(const json_value& event, std::set<std::string>& in_this_batch);

  event_log& log_;
  batch_rules rules_;
  reply_memory replies_;
  std::map<std::string, unsigned> times_pending_; ///< by event_id, until it is accepted
};

} // namespace spec_kitty::dev_server
