// What every work-package command shares: do the work, then say what happened as events, then to
// the person. The work never depends on the events: what cannot be recorded is one warning.
//
//   work() ── files and git changed ──▶ events, under the edit lock ──▶ afterwards() ──▶ words
//   work() ── failed, all as before ──▶ ErrorLogged ──▶ the failure
#pragma once

#include "app/cli/context.hpp"
#include "app/workflow/work_event.hpp"
#include "util/files.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace spec_kitty {

using workflow::event_of;
using workflow::lane_event;
using workflow::work_event;

/// What a command has done.
struct work_done {
  std::vector<work_event> events;
  std::vector<std::string> lines;                     ///< for a person
  std::function<void(json_writer&)> fields;           ///< for --json
  std::optional<file_lock> lock;                      ///< the edit lock, until events are recorded
  std::function<result<void>(work_done&)> afterwards; ///< what comes behind the events
};

/// What the options of every such command hold.
struct work_options {
  std::optional<std::string> feature;
  std::string wp;
};

/// Adds `--feature`.
void declare_feature(CLI::App& app, work_options& options);

/// Runs an emitting command. `wp`: what an ErrorLogged names, where that is an id.
exit_status run_work(context& ctx, const std::string& wp,
                     const std::function<result<work_done>()>& work);

/// Runs one that only reads: no event, whatever happens.
exit_status run_reading(context& ctx, const std::function<result<work_done>()>& work);

/// One line of text given on the command line; bad_input where it is empty or no UTF-8.
result<std::string> one_line(const std::string& option, const std::string& given);

/// `2026-02-03T19:29:53Z`, now.
std::string utc_now();

} // namespace spec_kitty
