#include "app/cli/command.hpp"

#include <array>

namespace spec_kitty {

namespace {

constexpr std::array<command_group, 10> groups = {{
    {"events", "inspect recorded events"},
    {"clock", "the Lamport clock"},
    {"auth", "log in and out"},
    {"sync", "send events to the server"},
    {"sync daemon", "send events in the background as they are recorded"},
    {"config", "show and change the configuration of this home"},
    {"feature", "start a feature"},
    {"agent", "commands for work packages"},
    {"agent tasks", "move work packages and record their history"},
    {"agent feature", "commands for a whole feature"},
}};

constexpr std::array<command, 54> table = {{
    {"emit", "record an event", declare_emit, requirement::store},
    {"events list", "list recorded events in order", declare_events_list, requirement::store},
    {"events show", "show one event", declare_events_show, requirement::store},
    {"events export", "print events, one JSON object per line", declare_events_export,
     requirement::store},
    {"events import", "import exported, overflowed or older events", declare_events_import,
     requirement::store, wakeup_reason::events},
    {"events stats", "count events by type and state", declare_events_stats, requirement::store},
    {"events types", "show the event types and their fields", declare_events_types,
     requirement::nothing},
    {"events retry", "put dead letters back into the queue", declare_events_retry,
     requirement::store, wakeup_reason::events},
    {"events discard", "delete dead letters permanently", declare_events_discard,
     requirement::store},
    {"events acknowledge-drops", "reset the count of dropped events",
     declare_events_acknowledge_drops, requirement::store},
    {"clock show", "show the clock's value and this home's node id", declare_clock_show,
     requirement::store},
    {"clock reconcile", "merge the server's clock", declare_clock_reconcile},
    {"clock renew", "give this home a new node id", declare_clock_renew},
    {"auth login", "log in to the server", declare_auth_login, requirement::config,
     wakeup_reason::session},
    {"auth logout", "log out", declare_auth_logout, requirement::home, wakeup_reason::session},
    {"auth status", "show the session", declare_auth_status},
    {"sync now", "send the queued events once", declare_sync_now, requirement::home,
     wakeup_reason::drained},
    {"sync status", "show the state of queue, session and daemon", declare_sync_status},
    {"sync doctor", "diagnose problems and suggest fixes", declare_sync_doctor, requirement::home},
    {"sync diagnose", "validate every event against the schema", declare_sync_diagnose},
    {"sync repair", "repair a damaged store and name what is lost", declare_sync_repair,
     requirement::home, wakeup_reason::events},
    {"sync watch", "follow the connection and the delivery of events", declare_sync_watch},
    {"sync acknowledge-loss", "say that you have seen that the server's log was taken back",
     declare_sync_acknowledge_loss, requirement::store},
    {"sync daemon run", "run the daemon in the foreground", declare_daemon_run},
    {"sync daemon start", "start the daemon in the background", declare_daemon_start},
    {"sync daemon stop", "stop the daemon after the batch in flight", declare_daemon_stop,
     requirement::home},
    {"sync daemon restart", "stop the daemon and start it again", declare_daemon_restart},
    {"sync daemon status", "show whether the daemon runs", declare_daemon_status,
     requirement::home},
    {"sync daemon unit", "print a systemd user unit for the daemon", declare_daemon_unit,
     requirement::home},
    {"sync server", "show or set the server", declare_sync_server},
    {"sync opt-out", "keep this project's events on this machine", declare_sync_opt_out},
    {"sync opt-in", "share this project's events", declare_sync_opt_in, requirement::config,
     wakeup_reason::events},
    {"config list", "show every key with its value and origin", declare_config_list},
    {"config get", "show one key", declare_config_get},
    {"config set", "change one key in config.toml", declare_config_set, requirement::home,
     wakeup_reason::session},
    {"config unset", "remove one key from config.toml", declare_config_unset, requirement::home,
     wakeup_reason::session},
    {"config path", "show where config.toml is", declare_config_path, requirement::home},
    {"dev-server", "run a team server on this machine to try spec-kitty", declare_dev_server,
     requirement::home},
    {"board", "show the work of this repository in a browser, now and in the past", declare_board,
     requirement::home},
    {"report", "count throughput, cycle times, reviews and moves", declare_report,
     requirement::home},
    {"init", "give this repository a project identity", declare_init, requirement::nothing},
    {"feature create", "write the folder of a new feature", declare_feature_create,
     requirement::nothing},
    {"implement", "start a work package in its own worktree", declare_implement,
     requirement::nothing},
    {"merge", "merge a feature's work packages into its target branch", declare_merge,
     requirement::nothing},
    {"accept", "accept reviewed work packages", declare_accept, requirement::nothing},
    {"orchestrate", "let agents work on a feature's work packages", declare_orchestrate,
     requirement::nothing},
    {"agent tasks move-task", "move a work package to another lane", declare_move_task,
     requirement::nothing},
    {"agent tasks mark-status", "mark subtasks as done or pending", declare_mark_status,
     requirement::nothing},
    {"agent tasks add-history", "add a note to a work package's history", declare_add_history,
     requirement::nothing},
    {"agent tasks settle", "settle what interrupted commands left in this repository",
     declare_settle, requirement::nothing},
    {"agent tasks status", "show the state of the work packages", declare_tasks_status,
     requirement::nothing},
    {"agent tasks list-tasks", "list work packages and subtasks", declare_list_tasks,
     requirement::nothing},
    {"agent tasks list-dependents", "list the work packages that depend on a given one",
     declare_list_dependents, requirement::nothing},
    {"agent feature finalize-tasks", "take dependencies from tasks.md and announce the feature",
     declare_finalize_tasks, requirement::nothing},
}};

} // namespace

std::span<const command> command_table() {
  return table;
}

std::span<const command_group> command_groups() {
  return groups;
}

} // namespace spec_kitty
