// HTTP under virtual time: each exchange gets its own reply.
#include "tests/actors/batch_sync/sync_fixture.hpp"

namespace spec_kitty {
namespace {

using namespace actor_test;

class Http : public BatchSync {
protected:
  outcome<http_reply> get(const std::string& url = "https://a/x") {
    http_request request;
    request.method = "GET";
    request.url = url;
    return ask_now<http_reply>(http_, std::move(request));
  }
};

TEST_F(Http, AnswersEachExchangeWithItsOwnReply) {
  const auto first = get("https://a/1");
  const auto second = get("https://a/2");
  ASSERT_EQ(network_->open.size(), 2U);
  std::swap(network_->open[0], network_->open[1]); // the second one is answered first
  answer(answered(202));
  EXPECT_FALSE(first.there());
  EXPECT_EQ(second->status, 202);
  answer(answered(201));
  EXPECT_EQ(first->status, 201);
  EXPECT_EQ(network_->clients, 1);
}

TEST_F(Http, MakesItsClientAtTheFirstRequest) {
  run();
  EXPECT_EQ(network_->clients, 0);
  get();
  EXPECT_EQ(network_->clients, 1);
}

TEST_F(Http, OpenExchangesAreAnsweredWhenItDies) {
  const auto first = get();
  const auto second = get();
  kill(http_);
  EXPECT_EQ(first.code(), ec::stopping);
  EXPECT_EQ(second.code(), ec::stopping);
}

TEST_F(Http, ClientThatCannotBeMadeIsTriedAgainNextTime) {
  bool there = false;
  http_ = start(http, http_config{[&] {
                  auto made = std::unique_ptr<http_client>();
                  there = !there;
                  return result<std::unique_ptr<http_client>>(failure{ec::internal, "missing", {}});
                }});
  EXPECT_EQ(get().code(), ec::internal);
  EXPECT_TRUE(there);
  EXPECT_EQ(get().code(), ec::internal);
  EXPECT_FALSE(there);
}

} // namespace
} // namespace spec_kitty
