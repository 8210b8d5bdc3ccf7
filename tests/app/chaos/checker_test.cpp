// The checker itself: it finds nothing wrong with the right order, and does find what the broken
// one loses. Without this, a checker that looks at nothing would pass every other test here.
#include "tests/app/chaos/chaos_fixture.hpp"

#include "tests/actors/queue/store_fixture.hpp"

namespace spec_kitty::chaos {
namespace {

class ChaosChecker : public chaos_test {
protected:
  /// Violations over all runs of the writer with a fault in this order, each with its operation.
  std::vector<std::string> found_in(const char* order, const shim_fault& how) {
    std::vector<std::string> found;
    const auto attempt_at = [&](long at) {
      std::filesystem::remove_all(home());
      auto writer = command({"emit", "--stdin"}, support::stdin_line(1) + support::stdin_line(2) +
                                                     support::stdin_line(3));
      writer.argv.insert(writer.argv.begin(),
                         {SPEC_KITTY_BIN_DIR "/spec-kitty-chaos-broken", order});
      const auto done = run(with_shim_fault(writer, how, at, home()));
      for (const auto& wrong : violations(home(), read_promises(done.out)))
        found.push_back(std::string(how.name) + " " + std::to_string(at) + ": " + wrong);
    };
    at_every_operation(attempt_at, 1);
    return found;
  }
};

TEST_F(ChaosChecker, TheRightOrderShowsNoViolation) {
  for (const auto& how : shim_faults)
    EXPECT_EQ(found_in("none", how), std::vector<std::string>{});
}

TEST_F(ChaosChecker, AcknowledgingBeforeTheCommitIsFound) {
  EXPECT_GE(found_in("early", shim_faults[0]).size(), 3U)
      << "one lost event for each kill before a commit";
  EXPECT_GE(found_in("early", shim_faults[4]).size(), 1U)
      << "a disk that dies loses what was acknowledged";
}

TEST_F(ChaosChecker, EveryKindOfViolationIsFound) {
  emit(3);
  const auto good = read_promises(cli({"emit", "--stdin"}, support::stdin_line(3)).out);
  ASSERT_EQ(good.size(), 1U);
  EXPECT_EQ(violations(home(), good).size(), 0U);
  EXPECT_EQ(violations(home(), {{"01J00000000000000000000000", 1}}).size(), 1U) << "lost";
  EXPECT_EQ(violations(home(), {{good[0].event_id, 2}}).size(), 1U) << "another clock";
  EXPECT_EQ(violations(home(), {good[0], good[0]}).size(), 1U) << "a clock given out twice";
  EXPECT_EQ(violations(home(), good, {"a", "a"}).size(), 1U) << "twice on the server";

  ASSERT_TRUE(tables_of(home())->write([](lmdb_txn& txn, const store_tables& tables) {
    summary row = store_detail::read_summary(txn, tables);
    row.clock = 1;
    row.live = 9;
    txn.put(tables.main, summary_key, row.encode());
    return true;
  }));
  EXPECT_EQ(violations(home(), good).size(), 1U) << "the counts are wrong: no store any more";
}

} // namespace
} // namespace spec_kitty::chaos
