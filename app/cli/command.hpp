// The command table: every subcommand, its place and its one-line help.
#pragma once

#include "app/cli/context.hpp"
#include "messages/connection.hpp"

#include <functional>
#include <span>
#include <string_view>

namespace CLI {
class App;
}

namespace spec_kitty {

/// Runs a command whose options have been parsed.
using command_action = std::function<exit_status(context&)>;

/// What must be usable before a command runs.
enum class requirement {
  config,  ///< a home and its config.toml
  store,   ///< a home; a wrong value of config.toml counts as its default, with a warning
  home,    ///< a home; a damaged config.toml gives the defaults and context::config_problem
  nothing, ///< without a usable home the command runs too; context::no_home has the reason
};

struct command {
  std::string_view path; ///< `sync now`
  std::string_view help;
  /// Adds the command's options; the action reads them.
  command_action (*declare)(CLI::App& app);
  requirement needs = requirement::config;
  std::optional<wakeup_reason> notifies = std::nullopt; ///< sent to the daemon afterwards
};

/// A word of the command line that only groups commands.
struct command_group {
  std::string_view path; ///< `sync daemon`
  std::string_view help;
};

std::span<const command> command_table();
std::span<const command_group> command_groups();

// Defined in app/cli/commands/.
command_action declare_emit(CLI::App& app);
command_action declare_events_list(CLI::App& app);
command_action declare_events_show(CLI::App& app);
command_action declare_events_export(CLI::App& app);
command_action declare_events_import(CLI::App& app);
command_action declare_events_stats(CLI::App& app);
command_action declare_events_types(CLI::App& app);
command_action declare_events_retry(CLI::App& app);
command_action declare_events_discard(CLI::App& app);
command_action declare_events_acknowledge_drops(CLI::App& app);
command_action declare_clock_show(CLI::App& app);
command_action declare_clock_reconcile(CLI::App& app);
command_action declare_clock_renew(CLI::App& app);
command_action declare_auth_login(CLI::App& app);
command_action declare_auth_logout(CLI::App& app);
command_action declare_auth_status(CLI::App& app);
command_action declare_sync_now(CLI::App& app);
command_action declare_sync_status(CLI::App& app);
command_action declare_sync_server(CLI::App& app);
command_action declare_sync_watch(CLI::App& app);
command_action declare_sync_acknowledge_loss(CLI::App& app);
command_action declare_daemon_run(CLI::App& app);
command_action declare_daemon_start(CLI::App& app);
command_action declare_daemon_stop(CLI::App& app);
command_action declare_daemon_restart(CLI::App& app);
command_action declare_daemon_status(CLI::App& app);
command_action declare_daemon_unit(CLI::App& app);
command_action declare_sync_doctor(CLI::App& app);
command_action declare_sync_diagnose(CLI::App& app);
command_action declare_sync_repair(CLI::App& app);
command_action declare_sync_opt_out(CLI::App& app);
command_action declare_sync_opt_in(CLI::App& app);
command_action declare_config_list(CLI::App& app);
command_action declare_config_get(CLI::App& app);
command_action declare_config_set(CLI::App& app);
command_action declare_config_unset(CLI::App& app);
command_action declare_config_path(CLI::App& app);
command_action declare_dev_server(CLI::App& app);
command_action declare_board(CLI::App& app);
command_action declare_report(CLI::App& app);
command_action declare_init(CLI::App& app);
command_action declare_feature_create(CLI::App& app);
command_action declare_implement(CLI::App& app);
command_action declare_merge(CLI::App& app);
command_action declare_accept(CLI::App& app);
command_action declare_move_task(CLI::App& app);
command_action declare_orchestrate(CLI::App& app);
command_action declare_mark_status(CLI::App& app);
command_action declare_add_history(CLI::App& app);
command_action declare_settle(CLI::App& app);
command_action declare_tasks_status(CLI::App& app);
command_action declare_list_tasks(CLI::App& app);
command_action declare_list_dependents(CLI::App& app);
command_action declare_finalize_tasks(CLI::App& app);

} // namespace spec_kitty
