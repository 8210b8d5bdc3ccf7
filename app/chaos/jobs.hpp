// One program run to its end under a fault: what it was asked to record, and whether it ended
// as the command line promises.
//
//   make a job ──▶ add a fault to its launch ──▶ carry_out ──▶ history: answers, strange ends
//
// Exit status 0 is a promise. Anything else comes with an error and a remedy.
#pragma once

#include "app/chaos/installation.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::chaos {

struct job {
  support::launch what;
  std::string name;                 ///< for reports: `emit --stdin`
  std::vector<std::size_t> places;  ///< what it is asked to record, in the order of its answers
  bool of_ours = true;              ///< the command line's promises hold; not so for a host
  std::shared_ptr<const void> held; ///< let go of with the job: a lock, say
};

/// `spec-kitty <arguments> --json`.
job command_job(const installation& in, const std::string& home, words arguments,
                std::string input = {});
/// One `emit --json`.
job emit_job(installation& in, const std::string& home);
/// One `emit --stdin` with `count` events.
job stream_job(installation& in, const std::string& home, std::size_t count);
/// The embedding program with `count` events.
job host_job(installation& in, const std::string& home, std::size_t count, words options = {});

/// Runs it and takes its answers into the history; judges nothing.
support::finished run_job(installation& in, const job& job);
/// Notes an end that the job may not have. `sent`: the signal that may have ended it.
void judge_job(installation& in, const job& job, const support::finished& done, int sent = 0);
/// Both.
support::finished carry_out(installation& in, const job& job, int sent = 0);

/// A clean `emit` in the home, which has to work: the faults are over. `after` names them.
bool works_again(installation& in, const std::string& home, std::string_view after);

/// Whether the dynamic linker could not load the program: it never began.
bool never_began(const support::finished& done);

} // namespace spec_kitty::chaos
