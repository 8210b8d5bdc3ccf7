// Homes in which one command after the other gets an I/O fault: each command that writes is brought
// into a state in which it has work, and its effect is checked afterwards.
#pragma once

#include "app/chaos/jobs.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace spec_kitty::chaos {

class command_matrix {
public:
  /// Servers, and homes that are logged in. Throws where that fails.
  explicit command_matrix(const stage& where);

  /// How many commands there are; they are numbered from 0.
  static std::uint64_t commands();

  /// The command with all that it needs; `home()` is then where it works.
  job prepare(std::uint64_t command);
  /// After it has ended, with a fault or without: whole files only, and the command's promise.
  void check(std::uint64_t command, const support::finished& done);

  const std::string& home() const { return home_; }
  installation& place() { return installation_; }

  /// Drains every home and lets the invariants judge.
  std::vector<violation> finish();

private:
  struct entry {
    job (command_matrix::*prepare)();
    void (command_matrix::*check)(const support::finished& done);
  };
  static const std::vector<entry>& table();

  job first_emit();
  job stream();
  job host();
  job drain();
  job spill();
  job log_in();
  job log_out();
  job set();
  job opt_out();
  job import();
  job retry();
  job discard();

  void check_nothing(const support::finished& done);
  void check_session(const support::finished& done);
  void check_setting(const support::finished& done);
  void check_opt_out(const support::finished& done);
  void check_import(const support::finished& done);
  void check_dead(const support::finished& done);

  void want(bool held, const std::string& otherwise);
  std::string ran(const std::string& home, words arguments);
  void make_dead();
  std::filesystem::path exported() const { return installation_.folder() / "tmp/exported.jsonl"; }

  installation installation_;
  std::string home_ = "home";
  std::vector<std::string> fresh_; ///< homes whose first command had a fault
  std::vector<std::string> dead_;  ///< ids of the dead letters made last
  std::int64_t wanted_ = 60;       ///< of sync.timeout_s, as it was set last
  std::int64_t setting_ = 60;      ///< of sync.timeout_s, as it is
  bool logged_in_ = true;
};

} // namespace spec_kitty::chaos
