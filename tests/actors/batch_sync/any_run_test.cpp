// A sync run against a queue and a server that do whatever they can, at random.
#include "tests/actors/batch_sync/run_fixture.hpp"

#include <algorithm>
#include <random>
#include <set>

namespace spec_kitty {
namespace {

using namespace run_test;

/// A queue and a server that do whatever they can, at random.
class any_conditions {
public:
  explicit any_conditions(unsigned seed) : random_(seed) {
    const auto count = random_() % 30;
    for (std::uint64_t seq = 1; seq <= count; ++seq)
      queued_.insert(seq);
    newest_ = count;
    limits_.batch_events = 1 + random_() % 7;
  }

  void drive() {
    sync_run run(
        limits_, [this] { return share(); }, [this] { return "key-" + std::to_string(++keys_); });
    next_step next = run.start();
    for (int steps = 0; !is<step::finish>(next); ++steps) {
      ASSERT_LT(steps, 20000) << "the run does not end";
      next = carry_out(run, next);
    }
    const auto& report = run.report();
    EXPECT_EQ(report.settled(), report.selected);
    EXPECT_EQ(report.synced + report.duplicate, acknowledged_);
    EXPECT_EQ(report.rejected + report.dead, refused_);
    EXPECT_FALSE(lease_out_ && !settle_failed_) << "a lease was left behind";
    if (!report.stopped) {
      EXPECT_EQ(tried_.size(), report.selected) << "an event had no turn";
    }
  }

private:
  unsigned pick(unsigned among) { return static_cast<unsigned>(random_() % among); }
  double share() { return static_cast<double>(random_() % 1000) / 1000.0; }

  next_step carry_out(sync_run& run, const next_step& next) {
    if (const auto* count = std::get_if<step::count>(&next))
      return run.on_count(pick(40) == 0 ? result<due_count>(failure{ec::store_busy, "held", ""})
                                        : result<due_count>(due(count->request)));
    if (std::get_if<step::hold>(&next) != nullptr)
      return run.on_held(hold_done{});
    if (std::get_if<step::ask_clock>(&next) != nullptr)
      return run.on_clock(pick(2) == 0 ? answer(404) : answer(200, "{\"lamport_clock\":70}"));
    if (const auto* restamp = std::get_if<step::restamp>(&next)) {
      restamp_done done{80, 0, {}};
      for (const auto seq : restamp->request.positions)
        done.events.push_back(event(seq));
      return run.on_restamped(done);
    }
    if (std::get_if<step::ask_token>(&next) != nullptr)
      return run.on_token(pick(20) == 0 ? result<access_token>(failure{ec::login_required, "", ""})
                                        : result<access_token>(access_token{
                                              "t" + std::to_string(++keys_),
                                              pick(20) == 0 ? "team-b" : "team-a", "ann"}));
    if (const auto* lease = std::get_if<step::lease>(&next))
      return run.on_lease(grant(lease->request));
    if (const auto* settle = std::get_if<step::settle>(&next))
      return run.on_settled(apply(settle->request));
    if (std::get_if<step::pause>(&next) != nullptr)
      return run.on_pause();
    if (const auto* send = std::get_if<step::send>(&next); send != nullptr && send->meanwhile) {
      EXPECT_TRUE(is<step::await_reply>(run.on_settled(apply(*send->meanwhile))));
      if (pick(2) == 0)
        (void)run.upcoming();
    }
    for (const auto& event : run.batch())
      tried_.insert(event.seq);
    return run.on_reply(reply(run.batch()), 0);
  }

  due_count due(const due_request& asked) {
    due_count found{0, newest_, 0, queued_.size()};
    if (!asked.team_slug.empty())
      found.due =
          static_cast<std::uint64_t>(std::count_if(queued_.begin(), queued_.end(), [&](auto seq) {
            return seq > asked.after && seq <= asked.through;
          }));
    return found;
  }

  result<lease_grant> grant(const lease_request& request) {
    EXPECT_FALSE(lease_out_) << "two leases at once";
    if (pick(40) == 0)
      return failure{ec::store_busy, "held", ""};
    if (pick(5) == 0)
      return lease_grant{0, {}, 1};
    lease_grant given;
    given.events = oldest(request);
    if (!given.events.empty()) {
      given.token = ++tokens_;
      lease_out_ = true;
    }
    return given;
  }

  std::vector<leased_event> oldest(const lease_request& request) {
    std::vector<leased_event> found;
    for (auto at = queued_.upper_bound(request.after);
         at != queued_.end() && *at <= request.through && found.size() < request.max_events; ++at) {
      EXPECT_TRUE(had_turn_.insert(*at).second) << "an event had two turns";
      found.push_back(event(*at));
    }
    return found;
  }

  result<settle_outcome> apply(const settle_request& request) {
    EXPECT_EQ(request.token, tokens_);
    if (pick(40) == 0) {
      settle_failed_ = true;
      return failure{ec::store_full, "full", ""};
    }
    lease_out_ = lease_out_ && request.keep.count() > 0;
    settle_outcome outcome;
    for (const auto& verdict : request.verdicts) {
      const bool gone = pick(20) == 0;
      switch (verdict.what) {
      case event_outcome::delivered:
      case event_outcome::duplicate:
        ++acknowledged_;
        queued_.erase(verdict.seq);
        outcome.events.push_back(gone ? settlement_effect::not_leased : settlement_effect::removed);
        break;
      case event_outcome::rejected:
      case event_outcome::too_large:
      case event_outcome::id_conflict:
      case event_outcome::unknown_type:
      case event_outcome::invalid:
        refused_ += gone ? 0 : 1;
        outcome.events.push_back(gone           ? settlement_effect::not_leased
                                 : pick(2) == 0 ? settlement_effect::dead_lettered
                                                : settlement_effect::retry_counted);
        break;
      default:
        outcome.events.push_back(settlement_effect::unchanged);
      }
    }
    if (request.more && pick(4) != 0)
      outcome.more = oldest(*request.more);
    return outcome;
  }

  http_reply reply(const std::vector<leased_event>& sent) {
    static constexpr http_outcome failures[] = {
        http_outcome::unreachable, http_outcome::tls_refused, http_outcome::timed_out,
        http_outcome::broken,      http_outcome::cancelled,   http_outcome::too_long};
    static constexpr int lines[] = {401, 401, 403, 404, 412, 413, 429, 500,
                                    503, 302, 200, 400, 400, 422, 413};
    if (pick(8) == 0)
      return lost(failures[pick(6)]);
    if (pick(8) == 0)
      return answer(lines[pick(15)], pick(2) == 0 ? "<html>" : "{}");
    static const char* const words[] = {"success", "accepted", "warning",  "duplicate", "pending",
                                        "queued",  "error",    "rejected", "splendid",  ""};
    std::vector<std::pair<std::string, std::string>> list;
    for (const auto& event : sent)
      if (pick(10) != 0)
        list.emplace_back(pick(15) == 0 ? "Z" : event.event_id.str(), words[pick(10)]);
    if (!list.empty() && pick(4) == 0)
      list.push_back(list[pick(static_cast<unsigned>(list.size()))]);
    std::shuffle(list.begin(), list.end(), random_);
    return results(list, pick(3) == 0 ? ",\"server_clock\":5" : "");
  }

  std::mt19937 random_;
  run_limits limits_;
  std::set<std::uint64_t> queued_;
  std::uint64_t newest_ = 0;
  std::set<std::uint64_t> had_turn_;
  std::set<std::uint64_t> tried_;
  std::uint64_t tokens_ = 0;
  bool lease_out_ = false;
  bool settle_failed_ = false;
  std::uint64_t acknowledged_ = 0;
  std::uint64_t refused_ = 0;
  int keys_ = 0;
};

TEST(AnySyncRun, EndsWithItsBucketsSummingToWhatItSelected) {
  for (unsigned seed = 0; seed < 3000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    any_conditions(seed).drive();
    if (testing::Test::HasFailure())
      return;
  }
}

} // namespace
} // namespace spec_kitty
