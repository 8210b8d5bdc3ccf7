// What a snapshot shows.
#include "batch_fixture.hpp"

#include "app/server/core/board.hpp"
#include "util/json.hpp"

namespace spec_kitty::server {
namespace {

std::string changed_to(const std::string& status, int clock, const std::string& wp = "WP01") {
  return event_text({.clock = std::to_string(clock),
                     .payload = R"({"wp_id":")" + wp +
                                R"(","previous_status":"planned","new_status":")" + status +
                                "\"}"});
}

TEST(Board, ShowsTheChangeWithTheHighestClock) {
  board shown;
  shown.apply(changed_to("doing", 5));
  shown.apply(changed_to("planned", 3));
  EXPECT_EQ(
      shown.snapshot(1000),
      R"({"type":"snapshot","work_packages":[{"wp_id":"WP01","feature_slug":"","status":"doing","lamport_clock":5}]})");
}

TEST(Board, IsEmptyAtFirstAndPassesOverOtherEvents) {
  board shown;
  shown.apply(event_text({.type = "HistoryAdded", .payload = R"({"entry_content":"WPCreated"})"}));
  shown.apply("not JSON WPCreated");
  EXPECT_EQ(shown.snapshot(1000), R"({"type":"snapshot","work_packages":[]})");
}

TEST(Board, IsCutAtItsBound) {
  board shown;
  for (int i = 10; i < 60; ++i)
    shown.apply(changed_to("doing", i, "WP" + std::to_string(i)));
  const std::string text = shown.snapshot(2000);
  EXPECT_LE(text.size(), 2000U + 32U);
  EXPECT_TRUE(text.ends_with(R"(],"truncated":true})")) << text;
  EXPECT_TRUE(is_json(text));
}

} // namespace
} // namespace spec_kitty::server
