// `events import` with faults at its file operations: the file is imported again afterwards, and
// the home holds all of it, once, in its order. SPEC_KITTY_CHAOS_STRIDE says how many of the
// operations are tried.
#include "tests/app/chaos/chaos_fixture.hpp"

#include "util/gzip.hpp"

namespace spec_kitty::chaos {
namespace {

namespace fs = std::filesystem;

constexpr long last_import_operation = 300;
constexpr long small_import_stride =
    SPEC_KITTY_CHAOS_STRIDE / 10 + 1; ///< a small import has few operations

class ChaosImport : public chaos_test, public testing::WithParamInterface<shim_fault> {
protected:
  /// What another home exported; this one is gone afterwards.
  std::string exported_elsewhere(int count) {
    emit(count);
    auto lines = cli({"events", "export"}).out;
    fs::remove_all(home());
    return lines;
  }

  /// The promise of an import that reported success: every line of its file.
  static std::vector<acknowledged> promised(const std::string& lines) {
    std::vector<acknowledged> all;
    for (const auto& id : support::ids_of(support::lines_of(lines)))
      all.push_back({id, 0});
    return all;
  }

  /// Puts a fault at every `stride`th operation of an import of so many events, then imports again
  /// and checks the home. The highest operation that happened.
  long fail_and_run_again(int events, long stride) {
    env["SPEC_KITTY_SYNC_MAX_QUEUE_SIZE"] = std::to_string(events);
    const auto lines = exported_elsewhere(events);
    const auto file = (root() / "a.jsonl").string();
    support::write_text(file, lines);
    const auto whole = promised(lines);
    return at_operations(stride, last_import_operation, [&](long at) {
      fs::remove_all(home());
      const auto done =
          run(with_shim_fault(command({"events", "import", file}), GetParam(), at, home()));
      expect_clear_end(done, GetParam());
      if (done.status == 0) {
        EXPECT_TRUE(cli({"events", "export"}).out == lines) << "it said it was done";
      }
      const auto again = cli({"events", "import", file});
      EXPECT_EQ(again.status, 0) << again.err;
      EXPECT_TRUE(cli({"events", "export"}).out == lines); // too long to be printed
      for (const auto& wrong : violations(home(), whole))
        ADD_FAILURE() << wrong;
    });
  }
};

TEST_P(ChaosImport, RunAgainIsCompleteOnceAndInOrder) {
  const long reached = fail_and_run_again(2200, small_import_stride); // three batches
  EXPECT_GT(reached, 20) << "three batches take more than that";
}

#if SPEC_KITTY_CHAOS_STRIDE == 1
TEST_P(ChaosImport, OfManyBatchesRunAgainIsCompleteOnceAndInOrder) {
  const long reached = fail_and_run_again(70'000, 13); // each point takes seconds
  EXPECT_GT(reached, last_import_operation - 13);
}
#endif

TEST_P(ChaosImport, OfAnOverflowFileLosesNothing) {
  const auto lines = exported_elsewhere(3);
  const auto name = support::ids_of(support::lines_of(lines))[0] + "-3.jsonl.gz";
  const auto file = home() / "overflow" / name;
  at_operations(small_import_stride, last_import_operation, [&](long at) {
    fs::remove_all(home());
    fs::create_directories(file.parent_path());
    support::write_text(file, gzip(lines));
    const auto done =
        run(with_shim_fault(command({"events", "import", file.string()}), GetParam(), at, home()));
    expect_clear_end(done, GetParam());
    if (fs::exists(file)) {
      EXPECT_EQ(cli({"events", "import", file.string()}).status, 0);
    }
    EXPECT_FALSE(fs::exists(file));
    EXPECT_TRUE(fs::exists(home() / "overflow/imported" / name));
    EXPECT_EQ(cli({"events", "export"}).out, lines);
  });
}

#if SPEC_KITTY_CHAOS_STRIDE == 1
INSTANTIATE_TEST_SUITE_P(EveryOperation, ChaosImport, testing::ValuesIn(shim_faults), name_of);
#else
INSTANTIATE_TEST_SUITE_P(Samples, ChaosImport, testing::ValuesIn(shim_faults), name_of);
#endif

} // namespace
} // namespace spec_kitty::chaos
