// BATCH_SYNC under virtual time: what the server offers, asked for before the first batch.
#include "tests/actors/batch_sync/sync_fixture.hpp"

#include "util/gzip.hpp"
#include "util/json.hpp"

#include <filesystem>

namespace spec_kitty {
namespace {

using namespace actor_test;

class SyncOffer : public BatchSync {
protected:
  SyncOffer() { fs::remove(home_ / "server.json"); } // the server was not asked before
  batch_sync_actor start_asking() {
    auto config = sync_config();
    config.home = home_;
    return start(batch_sync, std::move(config));
  }
  /// How many events the next batch request has.
  std::size_t batch_size() {
    EXPECT_FALSE(network_->open.empty());
    const auto body = gunzip(network_->open.front().request.body, 1 << 20);
    const auto document = parse_json(body ? *body : "{}");
    const json_value* events = document ? member(*document, "events") : nullptr;
    return events == nullptr ? 0 : events->Size();
  }
  bool asks_for_the_offer() {
    return !network_->open.empty() && network_->open.front().request.url == "https://a:443/api/v1/";
  }
};

TEST_F(SyncOffer, IsAskedForOnceAndUsedInTheFirstBatch) {
  append(queue_, 5);
  const auto actor = start_asking();
  const auto first = begin(actor);
  ASSERT_TRUE(asks_for_the_offer());
  EXPECT_EQ(header_of(network_->open.front().request, "Authorization"), "");
  answer(answered(200, R"({"server":"s","limits":{"max_batch_events":3}})"));
  EXPECT_EQ(batch_size(), 3U);
  accept();
  accept();
  EXPECT_EQ(first->synced, 5U);

  append(queue_, 1);
  const auto second = begin(actor);
  EXPECT_FALSE(asks_for_the_offer()) << "not twice in an hour";
  accept();
  EXPECT_EQ(second->synced, 1U);
  append(queue_, 4);
  begin(start_asking());
  EXPECT_FALSE(asks_for_the_offer()) << "nor by another process of the home";
  EXPECT_EQ(batch_size(), 3U);
}

TEST_F(SyncOffer, IsAskedForAgainAfterAnHour) {
  append(queue_, 1);
  const auto actor = start_asking();
  begin(actor);
  answer(answered(200, "{}"));
  accept();
  now_ += 3'600'000'000;
  append(queue_, 1);
  begin(actor);
  answer(tokens("access-2", "refresh-2")); // the session's was over too
  EXPECT_TRUE(asks_for_the_offer());
}

TEST_F(SyncOffer, IsNotNeededToSend) {
  for (const auto& reply : {answered(404), answered(503), answered(200, "<html>", "text/html"),
                            not_answered(http_outcome::timed_out)}) {
    std::filesystem::remove(home_ / "server.json");
    append(queue_, 2);
    const auto report = begin(start_asking());
    ASSERT_TRUE(asks_for_the_offer());
    answer(reply);
    EXPECT_EQ(batch_size(), 2U);
    accept();
    EXPECT_EQ(report->synced, 2U);
    EXPECT_EQ(report->stopped, std::nullopt);
  }
}

TEST_F(SyncOffer, IsNotAskedForWhereNothingIsDue) {
  const auto report = begin(start_asking());
  EXPECT_TRUE(report.ok());
  EXPECT_TRUE(network_->requests.empty());
}

TEST_F(SyncOffer, GivesWayToWhatAReplySaysLater) {
  append(queue_, 3);
  const auto actor = start_asking();
  begin(actor);
  answer(answered(200, R"({"limits":{"max_batch_events":10}})"));
  accept(R"(,"limits":{"max_batch_events":2})");
  append(queue_, 3);
  begin(actor);
  EXPECT_EQ(batch_size(), 2U);
}

} // namespace
} // namespace spec_kitty
