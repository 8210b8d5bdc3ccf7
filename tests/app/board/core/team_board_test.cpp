#include "app/board/core/team_board.hpp"
#include "app/board/core/view_json.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace spec_kitty::board {

namespace {

constexpr epoch_us now = 1'800'000'000'000'000;

std::string text_of_event(int number, const std::string& node, int clock, const std::string& type,
                          const std::string& payload, const std::string& project = "null") {
  const std::string digits = std::to_string(10 + number);
  return R"({"event_id":"01M8S1CP2R20KRJ9QW0XGW3X)" + digits + R"(","lamport_clock":)" +
         std::to_string(clock) + R"(,"node_id":")" + node + R"(","event_type":")" + type +
         R"(","payload":)" + payload +
         R"(,"causation_id":null,"timestamp":"2027-01-15T08:00:00Z","project_slug":)" + project +
         "}";
}

std::string created(int number, const std::string& wp, const std::string& dependencies,
                    const std::string& project = "null") {
  return text_of_event(number, "aaaaaaaaaaaa", number, "WPCreated",
                       R"({"wp_id":")" + wp + R"(","title":"Boil","feature_slug":"001-tea",)" +
                           R"("dependencies":)" + dependencies + "}",
                       project);
}

std::string moved(int number, const std::string& node, int clock, const std::string& to) {
  return text_of_event(number, node, clock, "WPStatusChanged",
                       R"({"wp_id":"WP01","previous_status":"planned","new_status":")" + to +
                           R"(","changed_by":"codex","feature_slug":"001-tea"})");
}

std::size_t add(team_board& board, const std::vector<std::string>& texts, std::string_view by) {
  std::vector<team_event> events;
  events.reserve(texts.size());
  for (const auto& text : texts)
    events.push_back({text, by, now});
  return board.add(events);
}

} // namespace

TEST(team_board, shows_what_its_events_leave) {
  team_board board("Tea", [] { return now; });
  add(board, {created(1, "WP01", "[]"), created(2, "WP02", R"(["WP01","../../x",7])")}, "ann");
  add(board, {moved(3, "bbbbbbbbbbbb", 5, "doing")}, "bob");
  const board_view view = board.now();
  EXPECT_EQ(view.home, "team");
  ASSERT_EQ(view.features.size(), 1U);
  EXPECT_EQ(view.features[0].number, "001");
  const auto& packages = view.features[0].packages;
  ASSERT_EQ(packages.size(), 2U);
  EXPECT_EQ(packages[0].lane, "doing");
  EXPECT_EQ(packages[0].agent, "codex");
  EXPECT_EQ(packages[1].dependencies, std::vector<std::string>{"WP01"});
  EXPECT_EQ(packages[1].waits_for, std::vector<std::string>{"WP01"});
  EXPECT_FALSE(view.sync) << "the state of a home is its own";
}

TEST(team_board, names_who_sent_apart_from_whom_an_event_names) {
  team_board board("Tea", [] { return now; });
  add(board, {created(1, "WP01", "[]"), moved(2, "bbbbbbbbbbbb", 5, "doing")}, "bob");
  const auto& log = board.log();
  EXPECT_EQ(log.people().text(log.row(2).sender), "bob");
  EXPECT_EQ(log.people().text(log.row(2).actor), "codex");
  const auto nodes = board.now().nodes;
  ASSERT_EQ(nodes.size(), 2U);
  EXPECT_EQ(nodes[0].by, "bob");
  EXPECT_EQ(nodes[0].events, 1U);
  EXPECT_EQ(nodes[0].heard_at, now);
}

TEST(team_board, keeps_features_of_two_projects_apart) {
  team_board board("Tea", [] { return now; });
  add(board, {created(1, "WP01", "[]", R"("shop")"), created(2, "WP01", "[]", R"("cafe")")}, "ann");
  const board_view view = board.now();
  ASSERT_EQ(view.features.size(), 2U);
  EXPECT_EQ(view.features[0].slug, "cafe/001-tea");
  EXPECT_EQ(view.features[1].slug, "shop/001-tea");
  EXPECT_EQ(view.features[1].number, "001");
}

TEST(team_board, a_late_event_changes_the_past_and_not_what_came_after_it) {
  team_board board("Tea", [] { return now; });
  add(board, {created(1, "WP01", "[]"), moved(2, "aaaaaaaaaaaa", 9, "done")}, "ann");
  (void)board.past(1);
  EXPECT_EQ(add(board, {moved(3, "bbbbbbbbbbbb", 5, "doing")}, "bob"), 1U);
  EXPECT_EQ(board.now().features[0].packages[0].lane, "done");
  EXPECT_EQ(board.past(2).features[0].packages[0].lane, "doing");
}

TEST(team_board, survives_texts_that_are_no_event) {
  team_board board("Tea", [] { return now; });
  add(board, {"", "{}", "[1]", R"({"event_id":"x"})", "\xff"}, "ann");
  EXPECT_EQ(board.log().size(), 0U);
  EXPECT_FALSE(state_json(board.now()).empty());
}

} // namespace spec_kitty::board
