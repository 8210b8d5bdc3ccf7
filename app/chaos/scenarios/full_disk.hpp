// Work on a disk that is full from one file operation on, by the preloaded library: recording,
// draining, acknowledging, a login, a setting. Each has 500 operations or all that it needs.
#pragma once

#include "app/chaos/jobs.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace spec_kitty::chaos {

class disk_work {
public:
  enum kind : std::uint64_t { first_emit, emit, drain, ack, login, config_set, kinds };
  static constexpr std::uint64_t max_operations = 500;

  /// A server, and homes that are logged in. Throws where that fails.
  explicit disk_work(const stage& where);

  /// Does the work with no space from operation `at` on (0: enough of it), frees the disk, and lets
  /// a clean emission and a clean drain follow. How many operations were counted.
  std::uint64_t run(kind what, std::uint64_t at);

  installation& place() { return installation_; }
  std::vector<violation> finish();

private:
  void run_emit(std::uint64_t at);
  void run_daemon(std::uint64_t at, std::size_t count);
  void check_drain(const std::string& after);
  support::launch full(support::launch what, std::uint64_t at) const;

  installation installation_;
  std::string home_ = "home";
  std::vector<std::string> fresh_;
  std::uint64_t setting_ = 60;
};

} // namespace spec_kitty::chaos
