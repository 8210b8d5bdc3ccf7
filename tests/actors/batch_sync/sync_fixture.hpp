// The transports under virtual time: QUEUE, CLOCK, AUTH and HTTP are real, the test is the network.
#pragma once

#include "actors/batch_sync/batch_sync.hpp"
#include "tests/actors/fixture.hpp"

namespace spec_kitty::actor_test {

class BatchSync : public ActorTest {
protected:
  BatchSync() {
    log_in_as("access-1");
    limits_.timeout = 2s;
  }

  batch_sync_config sync_config() {
    return {*parse_server_url("https://a"),
            {},
            limits_,
            queue_,
            auth_,
            http_,
            clock_,
            clock_now(),
            [] { return 0.5; },
            [this](const sync_progress& at) { progress_.push_back(at.settled); }};
  }
  batch_sync_actor start_sync() { return start(batch_sync, sync_config()); }

  template <class Actor>
  outcome<sync_report> begin(const Actor& receiver) {
    return ask_now<sync_report>(receiver, sync_request{});
  }
  void answer(http_reply reply) {
    network_->answer(std::move(reply));
    run();
  }
  void accept(const std::string& more = "") {
    ASSERT_FALSE(network_->open.empty());
    answer(results_for(network_->open.front().request, "success", more));
  }
  /// True when the team's events are leased.
  bool is_leased() {
    const auto grant =
        ask_now<lease_grant>(queue_, lease_request{"team-a", 0, 0, 1, 100000, 1s, false});
    EXPECT_TRUE(grant.ok());
    return grant.ok() && grant->busy_until != 0;
  }
  static void expect_sums(const sync_report& report) {
    EXPECT_EQ(report.settled(), report.selected);
  }

  run_limits limits_;
  std::vector<std::uint64_t> progress_;
  queue_actor queue_ = start_queue();
  clock_actor clock_ = start(clock, clock_config{home_, queue_, clock_now()});
  http_actor http_ = start_http();
  auth_actor auth_ = start_auth(http_, queue_);
};

} // namespace spec_kitty::actor_test
