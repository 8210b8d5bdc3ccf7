// spec-kitty sync diagnose: what it says of events whose type is a host program's own.
#include "actors/queue/store.hpp"
#include "tests/support/cli_test.hpp"

namespace spec_kitty::support {
namespace {

struct Diagnose : cli_test {
  /// Puts an event into the store as an embedded client does.
  void record(const std::string& type,
              const std::string& timestamp = "2026-02-03T04:05:06.000007Z") const {
    event_draft draft;
    draft.event_type = type;
    draft.aggregate_id = "sprint-7";
    draft.aggregate_type = "Feature";
    draft.payload = R"({"points":3})";
    draft.timestamp = timestamp;
    draft.team_slug = "team-a";
    store_options options;
    options.home = home();
    auto queue = store::open(options, open_mode::write);
    ASSERT_TRUE(queue) << queue.error().message;
    const auto kept = queue->append(std::span(&draft, 1), wall_clock_now());
    ASSERT_TRUE(kept && kept->front()) << "not appended";
  }
};

TEST_F(Diagnose, AnEventOfAHostsOwnTypeIsValidWithANoteThatItsPayloadWasNotJudged) {
  emit();
  record("SprintClosed");
  const auto reply = json_of({"sync", "diagnose"});
  EXPECT_EQ(number_in(reply, {"total"}), 2);
  EXPECT_EQ(number_in(reply, {"valid"}), 2);
  EXPECT_EQ(number_in(reply, {"invalid"}), 0);
  const auto& results = *member(reply, "results");
  ASSERT_EQ(results.Size(), 2U);
  EXPECT_EQ(member(results[0], "note"), nullptr) << "of the contract's own";
  EXPECT_EQ(text_of(results[1], "event_type"), "SprintClosed");
  EXPECT_TRUE(member(results[1], "valid")->IsTrue());
  EXPECT_TRUE(member(results[1], "error")->IsNull());
  EXPECT_NE(text_of(results[1], "note").value_or("").find("not validated"), std::string::npos);

  const auto in_words = cli({"sync", "diagnose"});
  EXPECT_EQ(in_words.status, 0);
  EXPECT_NE(in_words.out.find("SprintClosed: the payload was not validated"), std::string::npos);
  EXPECT_NE(in_words.out.find("2 of 2 events valid (1 with payloads of a host"), std::string::npos)
      << in_words.out;
}

TEST_F(Diagnose, ATypeThatNobodyCanRegisterAndAWrongEnvelopeStayInvalid) {
  emit();
  record("Sprint closed");
  record("SprintClosed", "yesterday");
  const auto reply = json_of({"sync", "diagnose"}, 1);
  EXPECT_EQ(number_in(reply, {"invalid"}), 2);
  const auto& results = *member(reply, "results");
  ASSERT_EQ(results.Size(), 3U);
  for (const auto& result : results.GetArray())
    EXPECT_EQ(member(result, "note"), nullptr);
  EXPECT_NE(
      text_of(results[1], "error").value_or("").find("event_type: \"Sprint closed\" is not one of"),
      std::string::npos);
}

} // namespace
} // namespace spec_kitty::support
