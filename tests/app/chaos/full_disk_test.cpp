// A full disk from each of the first 500 file operations of recording, draining, acknowledging, a
// login and a setting on: nothing is lost, each end is clear, and all works again once there is
// space.
#include "app/chaos/process.hpp"
#include "app/chaos/scenarios/full_disk.hpp"

#include <gtest/gtest.h>

namespace spec_kitty::chaos {
namespace {

struct full_disk_case {
  const char* name;
  disk_work::kind what;
  std::uint64_t least; ///< operations that it has, at least
};

class FullDisk : public testing::TestWithParam<full_disk_case> {};

TEST_P(FullDisk, FromEachOperationOnLosesNothing) {
  constexpr std::uint64_t judged_together = 25;
  std::uint64_t at = 1;
  for (bool more = true; more && at <= disk_work::max_operations;) {
    const support::temporary_folder folder;
    stage where;
    where.folder = folder.path();
    where.program = {SPEC_KITTY_BIN_DIR "/spec-kitty"};
    where.parts = SPEC_KITTY_BIN_DIR;
    where.enough = [] { return false; };
    disk_work work(where);
    const auto first = at;
    for (; more && at < first + judged_together && at <= disk_work::max_operations; ++at)
      more = work.run(GetParam().what, at) >= at;
    for (const auto& violation : work.finish())
      ADD_FAILURE() << "operations " << first << " to " << at - 1 << ": " << violation.invariant
                    << ": " << violation.words;
    if (HasFailure())
      break;
  }
  EXPECT_GE(at - 1, GetParam().least);
  RecordProperty("operations", std::to_string(at - 1));
}

INSTANTIATE_TEST_SUITE_P(
    , FullDisk,
    testing::Values(full_disk_case{"FirstEmit", disk_work::first_emit, 15},
                    full_disk_case{"Emit", disk_work::emit, disk_work::max_operations},
                    full_disk_case{"Drain", disk_work::drain, disk_work::max_operations},
                    full_disk_case{"Ack", disk_work::ack, disk_work::max_operations},
                    full_disk_case{"Login", disk_work::login, 4},
                    full_disk_case{"ConfigSet", disk_work::config_set, 4}),
    [](const auto& info) { return std::string(info.param.name); });

} // namespace
} // namespace spec_kitty::chaos
