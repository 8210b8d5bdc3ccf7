// An installation on real parts: homes, programs that work in them, a server; and the history of
// requests and answers.
//
// Everything lies in the stage's folder and is removed with the installation. A scenario starts
// programs through it, so that each starts in the same clean environment and each end is judged.
#pragma once

#include "app/chaos/process.hpp"
#include "app/chaos/scenario.hpp"
#include "app/chaos/server_process.hpp"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace spec_kitty::chaos {

using words = std::vector<std::string>;

class installation {
public:
  explicit installation(const stage& where);

  const stage& where() const { return stage_; }
  std::filesystem::path folder() const { return stage_.folder; }
  /// The folder of a home; nothing is made.
  std::filesystem::path home(const std::string& name = "home") const { return folder() / name; }

  /// Puts variables into the environment of everything that runs in a home: another user, or
  /// settings.
  void set_environment(const std::string& home, std::map<std::string, std::string> env);
  /// How `spec-kitty <arguments>` is started in a home.
  support::launch command(const std::string& home, words arguments, std::string input = {}) const;
  /// The same of another program.
  support::launch program(const std::string& home, words argv, std::string input = {}) const;
  /// Runs to the end and judges how it ended. `sent`: a signal that may have ended it.
  support::finished run(const support::launch& what, int sent = 0);
  support::finished run(const std::string& home, words arguments, std::string input = {});
  /// Notes an end without a cause: a defect, an unsent signal, a hang.
  void judge_end(const std::string& what, const support::finished& done, int sent);

  /// Starts the server of that name, on a state folder of its own.
  support::server_process& start_server(const std::string& name = "server", words options = {});
  support::server_process& server(const std::string& name = "server");
  /// Points a home at an address and logs in with the server's login. False when that failed.
  bool log_in(const std::string& home, const std::string& name, const std::string& url);
  bool log_in(const std::string& home = "home", const std::string& name = "server");

  /// A marker that no other event has.
  std::string next_marker(const std::string& home);
  /// Notes an emission that is about to be asked; its place in the history.
  std::size_t ask(const std::string& home);
  attempt& at(std::size_t place) { return seen.attempts[place]; }

  /// One `emit --json` to its end. The attempt's place.
  std::size_t emit(const std::string& home = "home",
                   const std::map<std::string, std::string>& env = {});
  /// One `emit --stdin` with `count` events to its end.
  support::finished emit_many(const std::string& home, std::size_t count,
                              const std::map<std::string, std::string>& env = {}, int sent = 0);
  /// Fills an attempt from an answer line.
  void take(std::size_t place, const std::string& line);

  /// `sync now` to its end; its report goes into the history.
  support::finished sync_now(const std::string& home = "home",
                             const std::map<std::string, std::string>& env = {}, int sent = 0);
  /// Takes the report in a program's output into the history; false if it holds no report.
  bool note_report(const std::string& home, const std::string& out);
  /// `sync status` and what it claims; false when it could not be asked.
  bool look_at_status(const std::string& home = "home");

  /// Reads the homes and servers while programs work there, and checks the invariants that hold at
  /// every moment. What they found is part of `judge`'s.
  void look(const std::vector<std::string>& homes);
  /// Drains the homes with `sync now`, until nothing waits or `tries` runs have passed: for the
  /// end, when all faults are over. Marks the history as healed.
  void heal(const std::vector<std::string>& homes, unsigned tries = 20);
  /// Reads the homes and servers and checks every invariant.
  std::vector<violation> judge(const std::vector<std::string>& homes);

  history seen;

private:
  stage stage_;
  std::map<std::string, std::map<std::string, std::string>> env_of_home_;
  std::map<std::string, std::unique_ptr<support::server_process>> servers_;
  std::vector<violation> found_; ///< while it ran
  std::uint64_t last_marker_ = 0;
};

/// A program that answers each line of stdin with a line of stdout: `emit --stdin`, or a host.
class emitter {
public:
  emitter(installation& in, std::string home, const support::launch& what);

  /// Hands it `count` events; false when it takes no more.
  bool ask(std::size_t count);
  /// Takes the answers that have come; how many.
  std::size_t hear();
  /// Called first with each line: true if the line is a notice of the program and not an answer.
  std::function<bool(const std::string& line)> aside;
  /// Events that were asked for and not answered yet.
  std::size_t open() const { return open_.size(); }
  bool has_ended() const { return child_->has_ended(); }
  void send(int signal) const { child_->send(signal); }
  pid_t pid() const { return child_->pid(); }
  /// Reads its last output, reaps it, judges its end. `sent`: the signal that was sent.
  support::finished end(int sent = 0);

private:
  installation* installation_;
  std::string home_;
  std::unique_ptr<support::child> child_;
  std::deque<std::size_t> open_; ///< places in the history, in the order asked
};

} // namespace spec_kitty::chaos
