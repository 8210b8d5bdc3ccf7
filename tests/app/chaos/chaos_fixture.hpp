// A program run again and again, each time with a fault at one file operation, and what must hold:
//
//   no acknowledged event is lost, none is there twice, the clock never goes back, the books add
//   up, and the next command works.
#pragma once

#include "tests/support/cli_test.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::chaos {

/// How the shim makes an operation fail.
struct shim_fault {
  const char* name;   ///< as a test is named
  const char* action; ///< SPEC_KITTY_SHIM_ACTION
  bool sticky;        ///< everything after it fails as well

  bool kills() const { return std::string_view(action) == "kill" || name == std::string("Torn"); }
};

inline void PrintTo(const shim_fault& how, std::ostream* out) {
  *out << how.name;
}

inline constexpr shim_fault shim_faults[] = {
    {"Kill", "kill", false},     {"Torn", "torn", false},   {"Eio", "eio", false},
    {"Enospc", "enospc", false}, {"DeadDisk", "eio", true}, {"FullDisk", "enospc", true}};

/// What a program promised on stdout before it ended.
struct acknowledged {
  std::string event_id;            ///< empty: spilled
  std::uint64_t lamport_clock = 0; ///< 0: it did not say
};

/// Whole lines only. An id alone, `{"event_id","lamport_clock"}`, `{"ok":true,"event":{…}}`, or
/// that it was spilled.
std::vector<acknowledged> read_promises(const std::string& out);

/// What is wrong with a home, given every promise that was made about it and the ids that a server
/// says it has. Empty: nothing. Opens the store in this process.
std::vector<std::string> violations(const std::filesystem::path& home,
                                    const std::vector<acknowledged>& promises,
                                    const std::vector<std::string>& delivered = {});

class chaos_test : public support::cli_test {
protected:
  /// The launch with a fault at operation `at` under `below`.
  support::launch with_shim_fault(support::launch what, const shim_fault& how, long at,
                                  const std::filesystem::path& below) const;

  /// Operations that the last run with a fault counted.
  long counted() const;

  /// Calls `attempt_at(at)` for the operations at = 1, 2, … until one of that number does not
  /// happen, and returns how many there are; `attempt_at` runs a program with a fault. With a step
  /// of 3, each of the six faults takes every third operation, so that each operation meets two of
  /// them; with a step of 1, all.
  long at_every_operation(const std::function<void(long)>& attempt_at,
                          long step = SPEC_KITTY_CHAOS_STEP) const;

  /// The same for at = 1, 1 + stride, … up to `last`, or to an operation that does not happen. The
  /// highest number that happened.
  long at_operations(long stride, long last, const std::function<void(long)>& attempt_at) const;

  /// The command with a fault ended as it may: killed, or done, or with one clear line and a
  /// remedy.
  static void expect_clear_end(const support::finished& done, const shim_fault& how);

  std::filesystem::path count_file() const { return root() / "count"; }
};

inline std::string name_of(const testing::TestParamInfo<shim_fault>& info) {
  return info.param.name;
}

} // namespace spec_kitty::chaos
