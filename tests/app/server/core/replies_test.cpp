// The bodies of replies.
#include "batch_fixture.hpp"

#include "util/json.hpp"

namespace spec_kitty::server {
namespace {

using what = store_verdict::what;

TEST(Replies, HaveAResultForEachEventInOrder) {
  const event_batch batch =
      taken(batch_text({event_text(), event_text({.id = id_of(2)}), event_text(), "7",
                        event_text({.id = id_of(3)}), event_text({.id = id_of(4), .type = "No"})}));
  const auto verdicts = complete_verdicts(
      batch, {{what::stored, 0, {}}, {what::duplicate, 5, {}}, {what::conflict, 0, "payload"}});
  const auto counts = count(verdicts);
  EXPECT_EQ(counts.events, 6U);
  EXPECT_EQ(counts.success, 1U);
  EXPECT_EQ(counts.duplicate, 2U);
  EXPECT_EQ(counts.rejected, 3U);
  const std::string body = batch_body(verdicts, 12);
  const auto document = parse_json(body);
  ASSERT_TRUE(document.ok()) << body;
  const auto& results = *member(*document, "results");
  ASSERT_EQ(results.Size(), 6U);
  EXPECT_EQ(to_text(results[0]), R"({"event_id":")" + id_of(1) + R"(","status":"success"})");
  EXPECT_EQ(to_text(results[1]),
            R"({"event_id":")" + id_of(2) + R"(","status":"duplicate","lamport_clock":5})");
  EXPECT_EQ(to_text(results[2]),
            R"({"event_id":")" + id_of(1) + R"(","status":"duplicate","lamport_clock":7})");
  EXPECT_TRUE(member(results[3], "event_id")->IsNull());
  EXPECT_EQ(text_of(results[4], "error_code"), "id_conflict");
  EXPECT_EQ(text_of(results[5], "error_code"), "unknown_type");
  EXPECT_EQ(whole_number_of(*document, "server_clock"), 12);
}

TEST(Replies, ADoubleSharesTheConflictOfItsFirst) {
  const event_batch batch = taken(batch_text({event_text(), event_text()}));
  const auto verdicts = complete_verdicts(batch, {{what::conflict, 0, "payload"}});
  EXPECT_EQ(verdicts[0].status, "rejected");
  EXPECT_EQ(verdicts[1].status, "rejected");
}

TEST(Replies, TheOfferNamesLimitsAndCapabilities) {
  const std::string body = offer_body("1.0", "2026-02-03T04:05:06Z", {}, std::nullopt);
  EXPECT_EQ(body,
            R"({"server":"spec-kitty-server","version":"1.0","time":"2026-02-03T04:05:06Z",)"
            R"("protocol":{"min":1,"max":1},)"
            R"("capabilities":["device_login","idempotent_refresh","resume"],)"
            R"("limits":{"max_batch_events":1000,"max_batch_bytes":67108864,"min_gap_ms":0}})");
  const auto with_account =
      parse_json(offer_body("1.0", "t", {}, account_view{"ann", "acme", role::admin}));
  EXPECT_EQ(text_of(*member(*with_account, "account"), "role"), "admin");
}

TEST(Replies, ARefusalNamesItsLimitAndItsRequest) {
  EXPECT_EQ(to_json(refusal_body{"too many", "too_large", "r1", "max_batch_events", 5}),
            R"({"error":"too many","error_code":"too_large","request_id":"r1",)"
            R"("limits":{"max_batch_events":5}})");
  EXPECT_EQ(to_json(refusal_body{"no", {}, {}}), R"({"error":"no"})");
  const auto too_old = parse_json(protocol_refusal_body("r2"));
  EXPECT_TRUE(text_of(*too_old, "error_description"));
  EXPECT_TRUE(text_of(*too_old, "upgrade_guidance"));
}

} // namespace
} // namespace spec_kitty::server
