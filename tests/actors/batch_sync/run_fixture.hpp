// A sync run, driven step by step: the machine alone, with neither actors nor network.
#pragma once

#include "actors/batch_sync/run.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace spec_kitty::run_test {

using namespace std::chrono_literals;

inline http_reply answer(int status, std::string body = "{}") {
  http_reply reply;
  reply.outcome = http_outcome::answered;
  reply.status = status;
  reply.content_type = "application/json";
  reply.body = std::move(body);
  reply.bytes_sent = 10;
  return reply;
}

inline http_reply lost(http_outcome how = http_outcome::broken) {
  http_reply reply;
  reply.outcome = how;
  return reply;
}

/// 200 with one result per pair of event id and status.
inline http_reply results(const std::vector<std::pair<std::string, std::string>>& statuses,
                          const std::string& more = "") {
  std::string list;
  for (const auto& [id, status] : statuses)
    list += (list.empty() ? "" : ",") +
            ("{\"event_id\":\"" + id + "\",\"status\":\"" + status + "\",\"error\":\"because\"}");
  return answer(200, "{\"results\":[" + list + "]" + more + "}");
}

inline leased_event event(std::uint64_t seq, std::size_t bytes = 2) {
  return {seq, "E" + std::to_string(seq), seq, 0, false, "{" + std::string(bytes - 2, ' ') + "}"};
}

template <class T>
T as(const next_step& next) {
  const auto* step = std::get_if<T>(&next);
  EXPECT_NE(step, nullptr) << "another step: " << next.index();
  return step ? *step : T{};
}
template <class T>
bool is(const next_step& next) {
  return std::holds_alternative<T>(next);
}

inline const access_token token_a{"access-1", "team-a", "ann"};

/// A run over the events 1 to `due`, up to the point where the first batch is to be sent.
class SyncRun : public testing::Test {
protected:
  next_step begin(std::uint64_t due = 3, std::vector<std::uint64_t> first_batch = {1, 2, 3},
                  std::size_t event_bytes = 2) {
    EXPECT_EQ(as<step::count>(run.start()).request.team_slug, "");
    EXPECT_EQ(as<step::ask_token>(run.on_count(due_count{0, due, due, due})).failed_access, "");
    EXPECT_EQ(as<step::count>(run.on_token(token_a)).request.team_slug, "team-a");
    const auto lease = as<step::lease>(run.on_count(due_count{due, due, 0, due})).request;
    EXPECT_EQ(lease.team_slug, "team-a");
    EXPECT_EQ(lease.after, 0U);
    EXPECT_EQ(lease.through, due);
    return grant(first_batch, event_bytes);
  }
  next_step grant(const std::vector<std::uint64_t>& batch, std::size_t event_bytes = 2) {
    lease_grant given{7, {}, 0};
    for (const auto seq : batch)
      given.events.push_back(event(seq, event_bytes));
    return run.on_lease(given);
  }
  /// A settlement beside a batch changes nothing in what comes next: the batch that is out.
  next_step settled_with(const next_step& next, const std::vector<settlement_effect>& what,
                         std::vector<leased_event> more = {}) {
    if (const auto* send = std::get_if<step::send>(&next); send != nullptr && send->meanwhile) {
      EXPECT_EQ(send->meanwhile->token, 7U);
      EXPECT_TRUE(is<step::await_reply>(run.on_settled(settle_outcome{what, std::move(more)})));
      return step::send{};
    }
    EXPECT_EQ(as<step::settle>(next).request.token, 7U);
    return run.on_settled(settle_outcome{what});
  }
  next_step reply(const http_reply& reply) { return run.on_reply(reply, 0); }
  /// True at the end of a run, after the last look at what is still due: everything not settled.
  bool finished(next_step next) {
    if (const auto* hold = std::get_if<step::hold>(&next); hold != nullptr)
      next = run.on_held(hold_done{});
    if (is<step::count>(next))
      next = run.on_count(due_count{1000, 1000, 0, 1000});
    return is<step::finish>(next);
  }
  next_step end() { return run.on_lease(lease_grant{}); }

  /// Selected, synced, duplicate, pending, rejected, dead, transient.
  std::vector<std::uint64_t> counts() {
    const auto& r = run.report();
    EXPECT_EQ(r.settled(), r.selected);
    return {r.selected, r.synced, r.duplicate, r.pending, r.rejected, r.dead, r.transient};
  }
  using n = std::vector<std::uint64_t>;

  run_limits limits{6, 524288, 5, 3, 60s};
  int keys = 0;
  sync_run run{limits, [] { return 0.5; }, [this] { return "key-" + std::to_string(++keys); }};
};

} // namespace spec_kitty::run_test
