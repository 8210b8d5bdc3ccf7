// What a server offers: the reply, and what is kept of it.
#include "actors/http/kept_offer.hpp"
#include "actors/http/offer_reply.hpp"
#include "util/temp_folder.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace spec_kitty {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr epoch_us asked_at = 1'770'000'000'000'000;
constexpr epoch_us in_a_minute = 60'000'000;

http_reply offer_answer(int status, std::string body, std::string type = "application/json") {
  http_reply reply;
  reply.outcome = http_outcome::answered;
  reply.status = status;
  reply.body = std::move(body);
  reply.content_type = std::move(type);
  return reply;
}

const std::string full_offer = R"({"server":"Kitty Server","version":"0.3","time":"now",
  "protocol":{"min":1,"max":2},"capabilities":["resume","device_login"],
  "limits":{"max_batch_events":10000,"max_batch_bytes":8388608,"min_gap_ms":20}})";

TEST(OfferReply, HasNameVersionsCapabilitiesAndLimits) {
  const auto offer = read_offer_reply(offer_answer(200, full_offer));
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->server, "Kitty Server");
  EXPECT_EQ(offer->version, "0.3");
  EXPECT_EQ(offer->min_protocol, 1U);
  EXPECT_EQ(offer->max_protocol, 2U);
  EXPECT_TRUE(offer->offers("resume"));
  EXPECT_TRUE(offer->offers("device_login"));
  EXPECT_FALSE(offer->offers("idempotent_refresh"));
  EXPECT_EQ(offer->limits, (server_limits{10000, 8388608, 20ms}));
}

TEST(OfferReply, OfAServerWithoutThePathIsEmpty) {
  EXPECT_EQ(read_offer_reply(offer_answer(404, R"({"error":"no such path"})")), server_offer{});
}

TEST(OfferReply, IsNoAnswerWhereItIsNotTheServers) {
  EXPECT_FALSE(read_offer_reply(offer_answer(200, "<html>", "text/html")));
  EXPECT_FALSE(read_offer_reply(offer_answer(200, "[]")));
  EXPECT_FALSE(read_offer_reply(offer_answer(200, "{\"limits\":")));
  EXPECT_FALSE(read_offer_reply(offer_answer(302, "{}")));
  EXPECT_FALSE(read_offer_reply(offer_answer(401, "{}")));
  EXPECT_FALSE(read_offer_reply(offer_answer(503, full_offer)));
  for (const auto how : {http_outcome::timed_out, http_outcome::unreachable, http_outcome::too_long,
                         http_outcome::broken, http_outcome::cancelled}) {
    http_reply lost;
    lost.outcome = how;
    EXPECT_FALSE(read_offer_reply(lost));
  }
}

TEST(OfferReply, PassesOverWhatHasAnotherForm) {
  const auto offer = read_offer_reply(offer_answer(
      200, R"({"server":7,"version":"1\u001b[31m\u0000é","protocol":{"min":-1,"max":"x"},)"
           R"("capabilities":["ok","Not This","","a b",7,")" +
               std::string(65, 'a') + R"("],"limits":[1]})"));
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->server, "");
  EXPECT_EQ(offer->version, "1[31m");
  EXPECT_EQ(offer->min_protocol, 0U);
  EXPECT_EQ(offer->max_protocol, 0U);
  EXPECT_EQ(offer->capabilities, std::vector<std::string>{"ok"});
  EXPECT_EQ(offer->limits, server_limits{});
}

TEST(OfferReply, IsBounded) {
  std::string many;
  for (int i = 0; i < 1000; ++i)
    many += (i == 0 ? "\"c" : ",\"c") + std::to_string(i) + "\"";
  const auto offer = read_offer_reply(
      offer_answer(200, R"({"server":")" + std::string(5000, 'x') + R"(","capabilities":[)" + many +
                            R"(],"limits":{"max_batch_events":1e9,"max_batch_bytes":1}})"));
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->server.size(), 100U);
  EXPECT_EQ(offer->capabilities.size(), 64U);
  EXPECT_EQ(offer->limits, (server_limits{{}, 4096, {}}));
}

TEST(OfferQuestion, CarriesNoTokenAndWaitsFiveSecondsAtMost) {
  const auto request = offer_question(*parse_server_url("https://a/base"), "ca.pem", 60s);
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.url, "https://a:443/base/api/v1/");
  EXPECT_EQ(request.timeout, 5s);
  EXPECT_EQ(request.ca_file, "ca.pem");
  for (const auto& header : request.headers)
    EXPECT_FALSE(header.starts_with("Authorization"));
  EXPECT_EQ(offer_question(*parse_server_url("https://a"), {}, 2s).timeout, 1s);
}

TEST(KeptOffer, HoldsForAnHour) {
  const auto kept = after_reply({"https://a:443", 0, {}}, offer_answer(200, full_offer), asked_at);
  EXPECT_FALSE(kept.is_due(asked_at));
  EXPECT_FALSE(kept.is_due(asked_at + 59 * in_a_minute));
  EXPECT_TRUE(kept.is_due(asked_at + 60 * in_a_minute));
  EXPECT_TRUE(kept.is_due(asked_at - in_a_minute)) << "the machine's clock was set back";
}

TEST(KeptOffer, StaysWhereAReplyIsNoAnswerAndIsAskedForSooner) {
  const auto before =
      after_reply({"https://a:443", 0, {}}, offer_answer(200, full_offer), asked_at);
  const auto after =
      after_reply(before, offer_answer(502, "<html>", "text/html"), asked_at + 60 * in_a_minute);
  EXPECT_EQ(after.offer, before.offer);
  EXPECT_FALSE(after.is_due(asked_at + 64 * in_a_minute));
  EXPECT_TRUE(after.is_due(asked_at + 65 * in_a_minute));
}

TEST(KeptOffer, IsGoneAfterA404) {
  const auto before =
      after_reply({"https://a:443", 0, {}}, offer_answer(200, full_offer), asked_at);
  EXPECT_EQ(after_reply(before, offer_answer(404, "{}"), asked_at).offer, server_offer{});
}

class OfferFile : public testing::Test {
protected:
  kept_offer kept() const { return read_kept_offer(home(), "https://a:443"); }
  const fs::path& home() const { return folder_.path(); }
  fs::path file() const { return home() / "server.json"; }

  temporary_folder folder_;
};

TEST_F(OfferFile, IsReadAsItWasWritten) {
  const auto before =
      after_reply({"https://a:443", 0, {}}, offer_answer(200, full_offer), asked_at);
  keep_offer(home(), before);
  EXPECT_EQ(kept().offer, before.offer);
  EXPECT_EQ(kept().ask_again_at, before.ask_again_at);
  EXPECT_EQ(fs::status(file()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(OfferFile, OfAnotherServerIsNotUsed) {
  keep_offer(home(),
             after_reply({"https://b:443", 0, {}}, offer_answer(200, full_offer), asked_at));
  EXPECT_EQ(kept().offer, server_offer{});
  EXPECT_TRUE(kept().is_due(asked_at));
}

TEST_F(OfferFile, ThatIsDamagedOrSharedCountsAsMissing) {
  keep_offer(home(),
             after_reply({"https://a:443", 0, {}}, offer_answer(200, full_offer), asked_at));
  fs::permissions(file(), fs::perms::others_write, fs::perm_options::add);
  EXPECT_EQ(kept().offer, server_offer{});
  fs::remove(file());
  EXPECT_TRUE(kept().is_due(asked_at));
  std::ofstream(file()) << "{\"origin\":";
  fs::permissions(file(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_TRUE(kept().is_due(asked_at));
}

TEST_F(OfferFile, IsForgottenWhenWhatWasOfferedIsRefused) {
  keep_offer(home(),
             after_reply({"https://a:443", 0, {}}, offer_answer(200, full_offer), asked_at));
  forget_offer(home(), "https://a:443");
  EXPECT_EQ(kept().offer, server_offer{});
  EXPECT_TRUE(kept().is_due(asked_at));
}

TEST_F(OfferFile, ThatCannotBeWrittenDoesNoHarm) {
  fs::create_directory(file());
  keep_offer(home(),
             after_reply({"https://a:443", 0, {}}, offer_answer(200, full_offer), asked_at));
  EXPECT_TRUE(kept().is_due(asked_at));
  EXPECT_EQ(std::distance(fs::directory_iterator(home()), fs::directory_iterator()), 2)
      << "the folder in its place and the lock";
}

} // namespace
} // namespace spec_kitty
