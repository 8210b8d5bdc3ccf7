// The fixture of the doctor's tests: doctor names each state, its remedy is typed as it is printed,
// and then doctor reports no problem. The test fills in what a person would (the server's address,
// a user name).
#pragma once

#include "tests/support/cli_test.hpp"

#include <sys/types.h>

#include <string>
#include <vector>

namespace spec_kitty::support {

struct listed_finding {
  std::string id;
  std::string severity;
  std::string remedy;
};

class DoctorStates : public cli_test {
protected:
  void TearDown() override;

  std::vector<listed_finding> findings() const;
  bool says(const std::string& id) const;

  /// Types a remedy into a shell.
  void type(std::string remedy) const;

  /// The state is named; then remedies are typed, the first finding's first, until all is well.
  void expect_fixed(const std::string& id);

  /// A process that holds the store's lock until it is killed.
  pid_t hold_store();
  void spill_one();
  void emit_spilled() const;

  std::vector<pid_t> holders_;
};

} // namespace spec_kitty::support
