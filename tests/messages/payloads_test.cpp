// The eight payload structs: what they write the contract accepts, and reading gives it back.
#include "messages/event.hpp"
#include "messages/payloads.hpp"
#include "messages/validate.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace spec_kitty {
namespace {

template <class Payload>
Payload read_back(std::string_view text) {
  const auto parsed = parse_json(text);
  EXPECT_TRUE(parsed) << text;
  return parsed ? from_json<Payload>(*parsed) : Payload{};
}

/// Writing gives `text`, the contract accepts it, and reading it gives the same struct again.
template <class Payload>
void round_trips(const Payload& payload, std::string_view text) {
  const std::string written = to_json(payload);
  EXPECT_EQ(written, text);
  EXPECT_TRUE(is_event_type(Payload::event_type));
  const auto parsed = parse_json(written);
  ASSERT_TRUE(parsed);
  const auto found = validate_payload(Payload::event_type, *parsed);
  EXPECT_FALSE(found) << found->message();
  EXPECT_EQ(to_json(from_json<Payload>(*parsed)), written);
}

TEST(Payloads, StatusChangedRoundTrips) {
  round_trips(wp_status_changed{"WP01", "planned", "doing", "claude", "028-x"},
              R"({"wp_id":"WP01","previous_status":"planned","new_status":"doing",)"
              R"("changed_by":"claude","feature_slug":"028-x"})");
  round_trips(wp_status_changed{"WP01", "for_review", "done", {}, {}},
              R"({"wp_id":"WP01","previous_status":"for_review","new_status":"done"})");
}

TEST(Payloads, CreatedRoundTrips) {
  round_trips(wp_created{"WP02", "Größe \"猫\" \\ \n", "028-x", {"WP01", "WP03"}},
              R"({"wp_id":"WP02","title":"Größe \"猫\" \\ \n","feature_slug":"028-x",)"
              R"("dependencies":["WP01","WP03"]})");
  round_trips(wp_created{"WP02", "t", "f", {}},
              R"({"wp_id":"WP02","title":"t","feature_slug":"f","dependencies":[]})");
}

TEST(Payloads, AssignedRoundTrips) {
  round_trips(wp_assigned{"WP02", "codex", "review", 3},
              R"({"wp_id":"WP02","agent_id":"codex","phase":"review","retry_count":3})");
  round_trips(wp_assigned{"WP02", "codex", "implementation", {}},
              R"({"wp_id":"WP02","agent_id":"codex","phase":"implementation"})");
}

TEST(Payloads, FeatureCreatedRoundTrips) {
  round_trips(feature_created{"028-x", "028", "main", 4, "2026-02-03T04:05:06Z"},
              R"({"feature_slug":"028-x","feature_number":"028","target_branch":"main",)"
              R"("wp_count":4,"created_at":"2026-02-03T04:05:06Z"})");
  round_trips(feature_created{"028-x", "028", "main", std::numeric_limits<std::int64_t>::max(), {}},
              R"({"feature_slug":"028-x","feature_number":"028","target_branch":"main",)"
              R"("wp_count":9223372036854775807})");
  round_trips(feature_created{"session-presence-01KTH57W", {}, "main", 2, {}},
              R"({"feature_slug":"session-presence-01KTH57W","feature_number":null,)"
              R"("target_branch":"main","wp_count":2})");
}

TEST(Payloads, FeatureCompletedRoundTrips) {
  round_trips(feature_completed{"028-x", 4, "2026-02-03T04:05:06+01:00", "PT2H"},
              R"({"feature_slug":"028-x","total_wps":4,)"
              R"("completed_at":"2026-02-03T04:05:06+01:00","total_duration":"PT2H"})");
  round_trips(feature_completed{"", 0, {}, {}}, R"({"feature_slug":"","total_wps":0})");
}

TEST(Payloads, HistoryAddedRoundTrips) {
  round_trips(history_added{"WP02", "comment", "done, mostly", "ana"},
              R"({"wp_id":"WP02","entry_type":"comment","entry_content":"done, mostly",)"
              R"("author":"ana"})");
  round_trips(history_added{"WP02", "note", std::string("a\0b", 3), {}},
              R"({"wp_id":"WP02","entry_type":"note","entry_content":"a\u0000b"})");
}

TEST(Payloads, ErrorLoggedRoundTrips) {
  round_trips(error_logged{"runtime", "boom", "WP02", "codex"},
              R"({"error_type":"runtime","error_message":"boom","wp_id":"WP02",)"
              R"("agent_id":"codex"})");
  round_trips(error_logged{"unknown", "boom", {}, {}},
              R"({"error_type":"unknown","error_message":"boom"})");
}

TEST(Payloads, DependencyResolvedRoundTrips) {
  round_trips(dependency_resolved{"WP02", "WP01", "merged"},
              R"({"wp_id":"WP02","dependency_wp_id":"WP01","resolution_type":"merged"})");
}

TEST(Payloads, NullReadsAsLeftOut) {
  const auto error = read_back<error_logged>(
      R"({"error_type":"auth","error_message":"m","wp_id":null,"agent_id":null})");
  EXPECT_EQ(error.wp_id, std::nullopt);
  EXPECT_EQ(error.agent_id, std::nullopt);
}

TEST(Payloads, UnknownFieldsAreLeftOut) {
  const auto created = read_back<wp_created>(
      R"({"wp_id":"WP02","title":"t","feature_slug":"f","dependencies":[],"priority":1})");
  EXPECT_EQ(to_json(created),
            R"({"wp_id":"WP02","title":"t","feature_slug":"f","dependencies":[]})");
}

TEST(Payloads, WholeNumbersMayBeWrittenAsFractions) {
  EXPECT_EQ(read_back<wp_assigned>(
                R"({"wp_id":"WP02","agent_id":"a","phase":"review","retry_count":7.0})")
                .retry_count,
            7);
}

TEST(Payloads, NumbersBeyond64BitsReadAsTheLargest) {
  constexpr auto largest = std::numeric_limits<std::int64_t>::max();
  for (const auto* number : {"9223372036854775808", "18446744073709551615", "18446744073709551616",
                             "9223372036854775807.0", "1e300"})
    EXPECT_EQ(read_back<feature_completed>(R"({"feature_slug":"f","total_wps":)" +
                                           std::string(number) + "}")
                  .total_wps,
              largest)
        << number;
}

} // namespace
} // namespace spec_kitty
