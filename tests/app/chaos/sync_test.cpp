// `sync now` against a real dev-server with a fault at each file operation of lease and settle:
// what was recorded reaches the server once, whatever the run before left behind.
#include "tests/app/chaos/chaos_fixture.hpp"

#include <algorithm>

namespace spec_kitty::chaos {
namespace {

namespace fs = std::filesystem;

using support::number_in;

class ChaosSync : public chaos_test, public testing::WithParamInterface<shim_fault> {
protected:
  /// A home that is logged in; every try begins with a copy of it and events of its own.
  void prepare(std::vector<std::string> options = {}) {
    logged_in(std::move(options));
    fs::rename(home(), root() / "template");
  }

  std::vector<acknowledged> fresh_home(int events) {
    fs::remove_all(home());
    fs::copy(root() / "template", home(), fs::copy_options::recursive);
    std::string lines;
    for (int i = 0; i < events; ++i)
      lines += support::stdin_line(i);
    return read_promises(cli({"emit", "--stdin"}, lines).out);
  }
};

TEST_P(ChaosSync, ARunThatDelivers) {
  prepare();
  const long operations = at_every_operation([&](long at) {
    const auto promises = fresh_home(3);
    ASSERT_EQ(promises.size(), 3U);
    const auto done = run(with_shim_fault(command({"sync", "now"}), GetParam(), at, home()));
    expect_clear_end(done, GetParam());
    const auto between = support::ids_of(server->events());
    for (const auto& wrong : violations(home(), promises, between))
      ADD_FAILURE() << wrong;

    const auto report = json_of({"sync", "now"});
    EXPECT_EQ(number_in(report, {"remaining"}), 0);
    const auto delivered = support::ids_of(server->events());
    for (const auto& wrong : violations(home(), promises, delivered))
      ADD_FAILURE() << wrong;
    for (const auto& promise : promises)
      EXPECT_NE(std::find(delivered.begin(), delivered.end(), promise.event_id), delivered.end());
  });
  EXPECT_GT(operations, 4);
}

TEST_P(ChaosSync, ARunThatCountsRefusals) {
  env["SPEC_KITTY_SYNC_MAX_RETRIES"] = "2";
  prepare({"--reject-type", "HistoryAdded"});
  const long operations = at_every_operation([&](long at) {
    const auto promises = fresh_home(2);
    const auto done = run(with_shim_fault(command({"sync", "now"}), GetParam(), at, home()));
    if (done.signal == 0) {
      EXPECT_NE(done.status, 0) << "refusals were not reported";
    }
    for (const auto& wrong : violations(home(), promises))
      ADD_FAILURE() << wrong;
    for (int i = 0; i < 2; ++i)
      (void)cli({"sync", "now"});
    const auto stats = json_of({"sync", "status"});
    EXPECT_EQ(number_in(stats, {"queue", "dead"}), 2);
    EXPECT_EQ(number_in(stats, {"queue", "queued"}), 0);
    for (const auto& wrong : violations(home(), promises))
      ADD_FAILURE() << wrong;
  });
  EXPECT_GT(operations, 4);
}

INSTANTIATE_TEST_SUITE_P(, ChaosSync, testing::ValuesIn(shim_faults), name_of);

} // namespace
} // namespace spec_kitty::chaos
