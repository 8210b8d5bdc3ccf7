// The fold and the counts against those of tests/support/board_fold.py.
#include "app/board/core/counts.hpp"
#include "app/board/core/event_reading.hpp"
#include "app/board/core/state.hpp"
#include "app/board/core/view_json.hpp"
#include "util/files.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace spec_kitty::board {

namespace {

class board_vectors : public testing::Test {
protected:
  board_vectors() {
    const auto text = read_file(std::filesystem::path(SPEC_KITTY_SOURCE_DIR) /
                                "tests/app/board/core/vectors.json");
    auto parsed = parse_json(**text);
    vectors_ = std::move(*parsed);
    std::vector<board_event> events;
    for (const auto& event : member(vectors_, "events")->GetArray())
      events.push_back(read_event(event).value());
    for (std::size_t from = 0; from < events.size(); from += 37) // as they arrive
      log_.add(std::span(events).subspan(from, std::min<std::size_t>(37, events.size() - from)));
  }

  json_document vectors_;
  event_log log_;
};

TEST_F(board_vectors, every_lane_is_where_the_other_fold_has_it) {
  timeline line(log_);
  for (const auto& point : member(vectors_, "points")->GetArray()) {
    const auto& state = line.state_at(point[0].GetUint());
    std::map<std::string, std::string> wanted;
    for (const auto& lane : point[1].GetObject())
      wanted[lane.name.GetString()] = lane.value.GetString();
    std::map<std::string, std::string> found;
    for (std::size_t number = 0; number < log_.packages().size(); ++number)
      if (const auto lane = state.package(number).lane; lane != log_row::no_lane) {
        const auto& name = log_.packages()[number];
        found[std::string(log_.features().text(name.feature)) + "/" + name.id] =
            log_.lanes().text(lane);
      }
    EXPECT_EQ(found, wanted) << "after " << point[0].GetUint();
  }
}

TEST_F(board_vectors, as_many_events_are_unplaced) {
  EXPECT_EQ(log_.unplaced(), member(vectors_, "unplaced")->GetUint());
}

TEST_F(board_vectors, every_count_is_the_same) {
  const auto counted = count(log_, log_.size(), member(vectors_, "until")->GetInt64());
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  write_counts(out, log_, counted);
  out.EndObject();
  const auto parsed = parse_json(to_text(buffer));
  ASSERT_TRUE(parsed);
  const json_value& found = *parsed;
  const auto& wanted = *member(vectors_, "counts");
  for (const auto* name : {"cycle_median_s", "cycle_85_s", "review_median_s", "reviewed",
                           "sent_back", "clock_disagreements"})
    EXPECT_EQ(to_text(*member(found, name)), to_text(*member(wanted, name))) << name;
  std::string days = "[";
  for (const auto& day : member(found, "days")->GetArray())
    days += (days.size() > 1 ? ",[" : "[") + to_text(*member(day, "day")) + "," +
            to_text(*member(day, "finished")) + "," + to_text(*member(day, "lanes")) + "]";
  EXPECT_EQ(days + "]", to_text(*member(wanted, "days")));
  std::string people = "{";
  for (const auto& [name, person] : counted.people)
    people += (people.size() > 1 ? ",\"" : "\"") + name + "\":[" + std::to_string(person.moves) +
              "," + std::to_string(person.to_review) + "," + std::to_string(person.finished) + "," +
              std::to_string(person.sent_back) + "]";
  EXPECT_EQ(people + "}", to_text(*member(wanted, "people")));
}

} // namespace

} // namespace spec_kitty::board
