// Taking in spilled events with a fault at each file operation: each event is in the store once,
// whatever happened in between, and so does what was recorded with them.
#include "actors/queue/spill.hpp"
#include "tests/actors/queue/store_fixture.hpp"
#include "tests/app/chaos/chaos_fixture.hpp"

#include <map>

namespace spec_kitty::chaos {
namespace {

class ChaosSpill : public chaos_test, public testing::WithParamInterface<shim_fault> {
protected:
  static constexpr int spilled = 5;

  /// A home with one event in the store and five beside it, in two files.
  void start_over() {
    std::filesystem::remove_all(home());
    emit();
    std::vector<spilled_event> events;
    for (const auto& draft : drafts_of(spilled, local_team))
      events.push_back({draft, static_cast<epoch_us>(1000 + events.size()), {}});
    const std::span all(events);
    ASSERT_TRUE(write_spill(home(), all.first(2), 1'000'000));
    ASSERT_TRUE(write_spill(home(), all.subspan(2), 2'000'000));
  }

  /// How often each note of the spilled events stands in the store.
  std::map<std::string, int> notes() const {
    std::map<std::string, int> found;
    for (const auto& line : support::lines_of(cli({"events", "export"}).out)) {
      const auto event = support::parsed(line);
      ++found[text_of(*member(event, "payload"), "entry_content").value_or("")];
    }
    return found;
  }
};

TEST_P(ChaosSpill, EachEventIsTakenInOnce) {
  const long operations = at_every_operation([&](long at) {
    start_over();
    const auto done = run(with_shim_fault(command({"emit", "--stdin"}, support::stdin_line(7)),
                                          GetParam(), at, home()));
    expect_clear_end(done, GetParam());
    emit(); // takes in what is left
    const auto found = notes();
    for (int i = 0; i < spilled; ++i) {
      const auto note = found.find("n" + std::to_string(i));
      EXPECT_EQ(note == found.end() ? 0 : note->second, 1) << "n" << i;
    }
    EXPECT_TRUE(spill_files(home()).empty());
    for (const auto& wrong : violations(home(), read_promises(done.out)))
      ADD_FAILURE() << wrong;
  });
  EXPECT_GT(operations, 10);
}

INSTANTIATE_TEST_SUITE_P(, ChaosSpill, testing::ValuesIn(shim_faults), name_of);

} // namespace
} // namespace spec_kitty::chaos
