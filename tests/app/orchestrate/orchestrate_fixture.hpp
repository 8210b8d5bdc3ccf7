// A feature of three work packages and agents that are shell scripts.
#pragma once

#include "tests/app/workflow/workflow_fixture.hpp"

namespace spec_kitty::support {

class orchestrate_test : public workflow_test {
protected:
  orchestrate_test();

  /// Writes `agents/<name>.sh`. Every script begins with a line in `runs`: phase, work package,
  /// try. Where it `works`, an implementation leaves `made-WPnn.txt`, and a review that ends with
  /// status 0 approves.
  void agent(const std::string& name, const std::string& script, bool works = true) const;
  /// Writes `.kittify/agents.toml`: a section per agent that was written, then `more`.
  void agents_toml(const std::string& more = {}) const;
  /// One good agent for everything, one at work at a time.
  void good_agent() const;
  /// Gives a work package's frontmatter an agent.
  void give(const std::string& wp, const std::string& agent) const;

  /// How a run is started; what it lets agents run is approved before.
  launch orchestrate(words arguments = {}) const;
  /// Carries the feature out; must succeed.
  finished carry_out(words arguments = {}, milliseconds patience = long_enough) const;
  /// The same; must end with 1. What it printed on stderr.
  std::string falls_short(words arguments = {}) const;

  /// What agents wrote: `implementation WP01 1`, in order of their starts.
  std::vector<std::string> starts() const;
  std::string log_of(const std::string& wp) const;
  std::filesystem::path runs() const { return root() / "runs"; }

  /// The run's events in one line each, in order; without those of finalize-tasks.
  std::vector<std::string> story() const;
  /// Every event's cause is an earlier event: of the run, or what finalize-tasks announced.
  void expect_one_tree() const;
  /// Processes with this test's folder in their command line.
  std::vector<std::string> processes() const;
  bool none_is_left() const;
};

} // namespace spec_kitty::support
