// One run over a feature: the stage of each work package, what may start next, and the effect of
// the end of an attempt. Pure: time, ids and outcomes are arguments.
//
//   waiting ─▶ implementing ─▶ implemented ─▶ reviewing ─▶ done
//      ▲  failed, or       ◀──┘   ▲     failed └──┤
//      └─ changes requested ──────┼───────────────┘          skipped: by hand; paused: when
//                                 └── no verdict             every agent and retry is used up
#pragma once

#include "app/orchestrate/agents_file.hpp"
#include "app/workflow/dependency_graph.hpp"
#include "util/timestamp.hpp"

#include <cstdint>

namespace spec_kitty::orchestrate {

enum class stage { waiting, implementing, implemented, reviewing, done, skipped, paused };

std::string_view to_string(stage at);
std::optional<stage> parse_stage(std::string_view name);

/// The agent that has one of the two tasks of a work package, and its attempts so far.
struct post {
  std::string agent;              ///< empty: not chosen yet
  std::uint64_t starts = 0;       ///< attempts so far, of all agents
  std::uint64_t failures = 0;     ///< of this agent; a rejected implementation is one
  std::uint64_t no_verdicts = 0;  ///< reviews in a row that ended without a verdict
  std::vector<std::string> tried; ///< agents that used up their tries

  bool operator==(const post&) const = default;
};

struct package_run {
  std::string id;
  std::vector<std::string> dependencies;
  std::string lane; ///< after our last move
  stage at = stage::waiting;
  bool running = false; ///< an attempt is under way
  post implementation;
  post review;
  bool was_done = false; ///< before the run began
  bool ours = false;     ///< its worktree was checked: all changes in it are by agents of this run
  std::string moving_to; ///< the lane change under way; empty: no change
  /// Paused because the end of an attempt could not be recorded: the stage before.
  std::optional<stage> unfinished;
  std::uint64_t moves = 0;  ///< lane changes of this run
  std::uint64_t errors = 0; ///< failed attempts of this run
  epoch_us began = 0;       ///< of the attempt under way or the last one
  epoch_us spent = 0;       ///< in attempts that have ended
  std::string reason;       ///< why it is paused, or what failed last
  std::string hint;         ///< the next command, where it is paused
  std::string cause;        ///< id of the last event about it

  role task() const { return at == stage::reviewing ? role::review : role::implementation; }
  post& of(role what) { return what == role::review ? review : implementation; }
  const post& of(role what) const { return what == role::review ? review : implementation; }
  bool is_over() const { return at == stage::done || at == stage::skipped; }

  bool operator==(const package_run&) const = default;
};

enum class run_state { running, paused, done, aborted };

std::string_view to_string(run_state state);

struct orchestration {
  std::string id; ///< ULID; the events' keys begin with it
  std::string feature;
  run_state state = run_state::running;
  epoch_us began = 0;
  std::string root;                  ///< id of the run's first event
  std::string impl_agent;            ///< of --impl-agent; empty: each work package's own
  std::string review_agent;          ///< of --review-agent
  bool no_auto_commit = false;       ///< lanes change on disk, without a commit
  std::vector<package_run> packages; ///< dependencies first

  package_run* find(std::string_view id);
  const package_run* find(std::string_view id) const;
  bool operator==(const orchestration&) const = default;
};

/// A work package as read from the files when a run begins.
struct package_facts {
  std::string id;
  std::vector<std::string> dependencies;
  std::string lane;
  std::string agent; ///< the frontmatter's
};

/// Adds new work packages to the run, updates all dependencies from the files, and puts them in
/// order. Takes over lanes that people changed while nothing was running. The graph has passed
/// check_dependencies.
void take_in(orchestration& run, const std::vector<package_facts>& packages,
             const agents_file& agents);

/// What a work package builds on: its dependencies, where a skipped dependency is replaced by what
/// that one builds on.
std::vector<std::string> builds_on(const orchestration& run, const package_run& package);

/// What may start now, reviews first; respects max_parallel and what is already running.
struct start {
  std::string id;
  role task;
};
std::vector<start> due(const orchestration& run, const agents_file& agents);

/// Begins an attempt: chooses the agent if the task has none yet, counts the start. A failure where
/// no agent has the role.
result<void> begin(orchestration& run, package_run& package, role task, const agents_file& agents,
                   epoch_us now);

/// How an attempt ended.
struct attempt_end {
  enum class kind { done, changes_requested, no_verdict, failed } what = kind::failed;
  std::string words; ///< the feedback, or what was missing
};

/// Applies the end of an attempt: the next stage, a retry, the fallback agent, or a pause. A
/// reviewer that gave no verdict is asked once more; then a person decides.
void settle(orchestration& run, package_run& package, const attempt_end& end,
            const agents_file& agents, epoch_us now);

/// Pauses a work package until a person resumes the run.
void pause(orchestration& run, package_run& package, const failure& why);

/// Pauses it because the end of an attempt cannot be recorded yet; `revive` makes it running again.
void hold_end(orchestration& run, package_run& package, const failure& why);

/// Its id and its reason; the id only once.
std::string why_paused(const package_run& package);

/// Paused work packages become free again, with all retries and agents.
void revive(orchestration& run, const agents_file& agents);

/// Everything is done; skipped is not done.
bool is_complete(const orchestration& run);
/// Everything is done or skipped.
bool is_over(const orchestration& run);

/// `spec-kitty orchestrate <words> --feature <slug>`.
std::string orchestrate_command(const orchestration& run, const std::string& words);
/// What to do about a paused work package where nothing better is known.
std::string resume_hint(const orchestration& run);

/// ISO 8601: `PT1H2M3S`.
std::string iso_duration(epoch_us time);

} // namespace spec_kitty::orchestrate
