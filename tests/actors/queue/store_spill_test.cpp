// Taking in what was spilled: each event once, in order of time, whatever happens in between.
#include "tests/actors/queue/store_fixture.hpp"

#include "actors/queue/spill.hpp"
#include "messages/ulid.hpp"

#include <algorithm>

namespace spec_kitty {
namespace {

namespace fs = std::filesystem;

class StoreSpill : public StoreTest {
protected:
  /// One file with one event that says what it is.
  void spill(const std::string& note, epoch_us recorded_at, std::string event_id = {}) const {
    const spilled_event event{draft_of("team-a", note), recorded_at, std::move(event_id)};
    ASSERT_TRUE(write_spill(home_, std::vector{event}, now_));
  }

  /// The notes of the queue, in order.
  std::vector<std::string> notes(store& queue) {
    std::vector<std::string> found;
    for (const auto& entry : list(queue)) {
      const auto event = parse_json(entry.json);
      found.push_back(text_of(*member(*event, "payload"), "entry_content").value_or(""));
    }
    return found;
  }
};

TEST_F(StoreSpill, EventsAreTakenInInOrderOfTimeAndTheFilesGo) {
  spill("third", 30);
  spill("first", 10);
  spill("second", 20);
  store queue = open();
  append(queue, {draft_of("team-a", "before")});
  EXPECT_EQ(*queue.take_in_spill(now_), 3U);
  EXPECT_EQ(notes(queue), (std::vector<std::string>{"before", "first", "second", "third"}));
  EXPECT_FALSE(fs::exists(home_ / "spill"));
  EXPECT_EQ(*queue.clock(), 4U);
  EXPECT_EQ(*queue.take_in_spill(now_), 0U);
  EXPECT_EQ(recount(queue, home_), "");
}

TEST_F(StoreSpill, AFileThatCouldNotBeRemovedIsNotTakenInAgain) {
  spill("once", 10);
  const fs::path file = spill_files(home_).front().path;
  const std::string bytes = support::read_text(file);
  store queue = open();
  EXPECT_EQ(*queue.take_in_spill(now_), 1U);
  fs::create_directories(file.parent_path());
  support::write_text(file, bytes); // as if the process had been killed before it removed it
  EXPECT_EQ(*queue.take_in_spill(now_), 0U);
  EXPECT_FALSE(fs::exists(file));
  EXPECT_EQ(notes(queue), std::vector<std::string>{"once"});
}

std::string id_of(const listed_event& kept) {
  const auto parsed = parse_json(kept.json);
  return parsed ? text_of(*parsed, "event_id").value_or("") : "";
}

TEST_F(StoreSpill, AnIdThatWasToldIsNotGivenToAnotherEvent) {
  store queue = open();
  const auto last = append(queue, 1).front().event_id;
  const std::string known_id = to_string(next_ulid(*parse_ulid(last), 0, draw_randomness()));
  spill("known", 20, known_id);
  spill("earlier by a clock that was set back", 10);
  EXPECT_EQ(*queue.take_in_spill(1), 2U); // by that clock the next id would be near the known id
  const auto kept = list(queue);
  ASSERT_EQ(kept.size(), 3U);
  EXPECT_GT(id_of(kept[1]), known_id) << "fresh ones come after it";
  EXPECT_NE(kept.back().json.find(known_id), std::string::npos);
  EXPECT_EQ(notes(queue).back(), "known");
}

TEST_F(StoreSpill, AnEventWhoseIdWentToAnotherIsTakenInUnderAFreshOne) {
  store queue = open();
  const auto receipt = append(queue, {draft_of("team-a", "another")}).front();
  spill("has the same id", 10, receipt.event_id);
  EXPECT_EQ(*queue.take_in_spill(now_), 1U);
  EXPECT_EQ(notes(queue), (std::vector<std::string>{"another", "has the same id"}));
  EXPECT_EQ(recount(queue, home_), "");
}

TEST_F(StoreSpill, AnEventWhoseCommitTookEffectAfterAllIsThereOnce) {
  store queue = open();
  const auto receipt = append(queue, {draft_of("team-a", "known")}).front();
  spill("known", 10, receipt.event_id);
  const std::string lost =
      to_string(next_ulid(*parse_ulid(receipt.event_id), 0, draw_randomness()));
  spill("lost", 20, lost);
  EXPECT_EQ(*queue.take_in_spill(now_), 1U);
  EXPECT_EQ(notes(queue), (std::vector<std::string>{"known", "lost"}));
  EXPECT_NE(list(queue).back().json.find(lost), std::string::npos) << "it keeps its id";
  EXPECT_GT(append(queue, 1).front().event_id, lost);
}

TEST_F(StoreSpill, ItIsTakenInBeyondTheCapBecauseItWasAcknowledged) {
  max_events_ = 2;
  store queue = open();
  append(queue, 2);
  spill("kept", 10);
  EXPECT_EQ(*queue.take_in_spill(now_), 1U);
  EXPECT_EQ(stats(queue).live, 3U);
  EXPECT_EQ(stats(queue).dropped, 0U);
}

TEST_F(StoreSpill, AFileWithADamagedLineIsSetAsideAndItsGoodLinesAreTakenIn) {
  std::vector<spilled_event> events;
  for (const char* note : {"a", "b", "c"})
    events.push_back({draft_of("team-a", note), 10, {}});
  ASSERT_TRUE(write_spill(home_, events, now_));
  const fs::path file = spill_files(home_).front().path;
  std::string text = support::read_text(file);
  text[text.size() / 2] ^= 1;
  support::write_text(file, text);
  store queue = open();
  EXPECT_EQ(*queue.take_in_spill(now_), 2U);
  EXPECT_EQ(notes(queue), (std::vector<std::string>{"a", "c"}));
  ASSERT_EQ(damaged_spill_files(home_).size(), 1U);
  EXPECT_EQ(support::read_text(damaged_spill_files(home_).front()), text);
}

TEST_F(StoreSpill, EightOpenersAtOnceTakeEachEventInOnce) {
  constexpr std::size_t files = 40;
  open(); // the store is there before the children are
  for (std::size_t i = 0; i < files; ++i)
    spill("n" + std::to_string(i), static_cast<epoch_us>(i));
  std::vector<std::unique_ptr<waiting_child>> children;
  for (int i = 0; i < 8; ++i)
    children.push_back(std::make_unique<waiting_child>([this] {
      auto queue = store::open(options(), open_mode::write);
      return queue && queue->take_in_spill(now_) ? 0 : 1;
    }));
  for (auto& child : children)
    EXPECT_EQ(child->run(), 0);
  store queue = open();
  EXPECT_EQ(stats(queue).live, files);
  auto all = notes(queue);
  std::sort(all.begin(), all.end());
  EXPECT_EQ(std::unique(all.begin(), all.end()), all.end());
}

} // namespace
} // namespace spec_kitty
