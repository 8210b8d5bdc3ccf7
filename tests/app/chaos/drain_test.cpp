// A long drain, one event a batch, with faults at its file operations: lease and settle again and
// again, up to the 300th operation. SPEC_KITTY_CHAOS_STRIDE says how many of them are tried.
#include "tests/app/chaos/chaos_fixture.hpp"

#include <algorithm>

namespace spec_kitty::chaos {
namespace {

namespace fs = std::filesystem;

using support::number_in;

constexpr int drained_batches = 60;
constexpr long last_drain_operation = 300;

class ChaosDrain : public chaos_test, public testing::WithParamInterface<shim_fault> {};

TEST_P(ChaosDrain, OfManyBatchesDeliversEachEventOnceAndInOrder) {
  env["SPEC_KITTY_SYNC_BATCH_EVENTS"] = "1";
  logged_in({"--quiet"}); // its output is not read here
  fs::rename(home(), root() / "template");
  std::string lines;
  for (int i = 0; i < drained_batches; ++i)
    lines += support::stdin_line(i);
  const long reached = at_operations(SPEC_KITTY_CHAOS_STRIDE, last_drain_operation, [&](long at) {
    fs::remove_all(home());
    fs::copy(root() / "template", home(), fs::copy_options::recursive);
    const auto promises = read_promises(cli({"emit", "--stdin"}, lines).out);
    ASSERT_EQ(promises.size(), static_cast<std::size_t>(drained_batches));
    const auto before = server->events().size();

    const auto done = run(with_shim_fault(command({"sync", "now"}), GetParam(), at, home()));
    expect_clear_end(done, GetParam());
    for (const auto& wrong : violations(home(), promises, support::ids_of(server->events())))
      ADD_FAILURE() << wrong;

    EXPECT_EQ(number_in(json_of({"sync", "now"}), {"remaining"}), 0);
    auto delivered = support::ids_of(server->events());
    for (const auto& wrong : violations(home(), promises, delivered))
      ADD_FAILURE() << wrong;
    delivered.erase(delivered.begin(), delivered.begin() + static_cast<std::ptrdiff_t>(before));
    std::vector<std::string> promised;
    for (const auto& promise : promises)
      promised.push_back(promise.event_id);
    EXPECT_EQ(delivered, promised) << "each once, in the order in which they were recorded";
  });
  EXPECT_GT(reached, last_drain_operation - SPEC_KITTY_CHAOS_STRIDE) << "the drain is too short";
}

#if SPEC_KITTY_CHAOS_STRIDE == 1
INSTANTIATE_TEST_SUITE_P(EveryOperation, ChaosDrain, testing::ValuesIn(shim_faults), name_of);
#else
INSTANTIATE_TEST_SUITE_P(Samples, ChaosDrain, testing::ValuesIn(shim_faults), name_of);
#endif

} // namespace
} // namespace spec_kitty::chaos
