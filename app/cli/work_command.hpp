// What all work-package commands share: do the work, record it as events, then print the result.
// The work never depends on the events: events that cannot be recorded are one warning.
//
//   work() ── files and git changed ──▶ events, under the edit lock ──▶ afterwards() ──▶ output
//             (work_change.hpp)         recorded, the intent removed
//   work() ── failed, rolled back ──▶ ErrorLogged ──▶ the failure
//   work() ── blocked, or given something it cannot use ──▶ the failure; no event
#pragma once

#include "app/cli/context.hpp"
#include "app/workflow/blockers.hpp"
#include "app/workflow/feature.hpp"
#include "app/workflow/work_event.hpp"
#include "util/files.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
} // namespace CLI

namespace spec_kitty {

namespace workflow {
class repo_edit;
}

using workflow::event_of;
using workflow::in_feature;
using workflow::lane_event;
using workflow::work_event;

struct work_change;

/// What a command has done.
struct work_done {
  std::vector<work_event> events;                     ///< those of a change move into its intent
  std::shared_ptr<work_change> change;                ///< on disk, its events not recorded yet
  std::vector<shown_line> lines;                      ///< for a person
  std::function<void(json_writer&)> fields;           ///< for --json
  std::optional<file_lock> lock;                      ///< the edit lock, until events are recorded
  std::function<result<void>(work_done&)> afterwards; ///< runs after the events are recorded
  std::string aim;                                    ///< what `blockers` stop
  std::string bypass;                      ///< the command that passes them; may be empty
  std::vector<workflow::blocker> blockers; ///< not empty: nothing was changed
};

/// The options that all of them have.
struct work_options {
  std::optional<std::string> feature;
  std::string wp;
  bool no_auto_commit = false; ///< files change, nothing is committed
};

/// A feature that a command changes, under the edit lock of its repository.
struct feature_edit {
  workflow::feature feature;
  file_lock lock;
};

/// The result of `--check`: the blockers and nothing else.
work_done checked(const workflow::feature& feature, std::string aim,
                  std::vector<workflow::blocker> found);

/// The repository of the current folder, with its worktrees where the home says. A failure where
/// others may have written that into the home.
result<workflow::repository> find_repository(const context& ctx);

/// The feature that `--feature` or the place names, in that repository.
result<workflow::feature> find_feature(const context& ctx, const work_options& options,
                                       workflow::feature_use use = workflow::feature_use::edit);

/// The edit lock of a repository; what interrupted commands left there is settled.
result<file_lock> lock_and_settle(context& ctx, const workflow::repository& repo);

/// Settles what is there, if anything, for a command that looks before it takes the lock.
result<void> settle_before(context& ctx, const workflow::repository& repo);

/// The feature, then its edit lock as lock_and_settle gives it. `check_arguments` runs before the
/// lock is taken.
result<feature_edit>
open_feature_for_edit(context& ctx, const work_options& options,
                      const std::function<result<void>()>& check_arguments = {});

/// Makes an option one for a work package: `wp1` is WP01.
void work_package_value(CLI::Option* option);

/// Adds `--feature`.
void declare_feature(CLI::App& app, work_options& options);

/// `"blockers":[{"wp_id","message","command"}]`.
void write_blockers(json_writer& out, const std::vector<workflow::blocker>& found);

/// Adds `--no-auto-commit`.
void declare_no_auto_commit(CLI::App& app, work_options& options);

/// The message for the commit of a command, once the branch to commit to is found to be checked
/// out; nothing with --no-auto-commit.
result<std::optional<std::string>> commit_message(context& ctx, const workflow::feature& feature,
                                                  const work_options& options,
                                                  const std::string& message);

/// Runs an emitting command. An ErrorLogged names the work package of the options if it is the id
/// of one, and the feature if there is one.
exit_status run_work(context& ctx, const work_options& options,
                     const std::function<result<work_done>()>& work);

/// Runs a command that only reads: it records no event.
exit_status run_reading(context& ctx, const std::function<result<work_done>()>& work);

/// One line of text given on the command line; bad_input if it is empty or not UTF-8.
result<std::string> one_line(const std::string& option, const std::string& given);

/// The current time as `2026-02-03T19:29:53Z`.
std::string utc_now();

} // namespace spec_kitty
