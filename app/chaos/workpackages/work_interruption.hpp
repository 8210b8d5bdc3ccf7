// One interruption of a command, as a step of a schedule says it.
#pragma once

#include "app/chaos/workpackages/work_trials.hpp"

#include <array>
#include <map>
#include <memory>
#include <string>

namespace spec_kitty::chaos {

/// What follows an interruption.
enum class aftermath : std::uint8_t {
  again_at_once, ///< the same command, beside what the interrupted one left running
  again,
  settle_first,  ///< `agent tasks settle`, then the same command
  another_first, ///< another command, then the same
  count
};

/// The values of a step.
struct interruption {
  std::uint64_t command = 0; ///< of trial_commands()
  int signal = 0;
  double moment = 0;  ///< of the command's usual time
  bool group = false; ///< git and hooks get the signal too, as from a terminal
  bool slow = false;  ///< a hook makes each commit slow
  aftermath next = aftermath::again;
  std::string home;       ///< of the interrupted command
  std::string home_after; ///< of the command that follows
  std::uint64_t hook = 0;
};

/// The four signals, in the order of their number in a step.
inline constexpr std::array<const char*, 4> trial_signals = {"SIGKILL", "SIGTERM", "SIGINT",
                                                             "SIGHUP"};

/// Draws the values of a step. `two_homes`: each command has one of two.
std::vector<std::uint64_t> draw_interruption(dice& chance, std::uint64_t command,
                                             std::uint64_t signal, bool two_homes);
interruption read_interruption(const std::vector<std::uint64_t>& values);

/// Interrupts commands at a site.
class interrupter {
public:
  explicit interrupter(work_site& site) : site_(site) {}

  using variables = std::map<std::string, std::string>;
  /// At a moment of its time. False where it had ended by then, in every try.
  bool at_moment(const interruption& how, const variables& env = {});
  /// While a hook holds its git.
  bool in_hook(const interruption& how);
  /// After the commit, and before the same command again a person does something.
  bool before_person(const interruption& how, void (*act)(work_site& site));

private:
  using child_ptr = std::unique_ptr<support::child>;
  child_ptr start(const interruption& how, const work_trial& trial, const variables& env);
  void send(const support::child& process, const interruption& how) const;
  void end(support::child& process, const work_trial& trial, const interruption& how);
  void follow(const interruption& how, const work_trial& trial, child_ptr first,
              const variables& env);
  bool was_missed(const interruption& how, const work_trial& trial, child_ptr first);

  work_site& site_;
  std::map<std::uint64_t, double> usual_ms_; ///< by command
};

/// What a person does between an interruption and the next command.
void rebase_main(work_site& site);
void amend_last(work_site& site);
void reset_last(work_site& site);
void switch_branch(work_site& site);

} // namespace spec_kitty::chaos
