#include "app/cli/command.hpp"

#include <array>

namespace spec_kitty {

namespace {

constexpr std::array<command_group, 9> groups = {{
    {"events", "look at recorded events"},
    {"clock", "the Lamport clock"},
    {"auth", "log in and out"},
    {"sync", "bring events to the server"},
    {"sync daemon", "bring them as they are recorded, in the background"},
    {"config", "configuration of this home"},
    {"agent", "work packages, as agents and people type it"},
    {"agent tasks", "move work packages, note what happened"},
    {"agent feature", "a feature as a whole"},
}};

constexpr std::array<command, 44> table = {{
    {"emit", "record an event", declare_emit},
    {"events list", "list recorded events in order", declare_events_list},
    {"events show", "show one event", declare_events_show},
    {"events export", "print events, one JSON object per line", declare_events_export},
    {"events import", "take in exported, overflowed or older events", declare_events_import, true,
     true, wakeup_reason::events},
    {"events stats", "count events by type and state", declare_events_stats},
    {"events retry", "queue dead letters again", declare_events_retry, true, true,
     wakeup_reason::events},
    {"events discard", "remove dead letters for good", declare_events_discard},
    {"events acknowledge-drops", "forget the count of events that were not kept",
     declare_events_acknowledge_drops},
    {"clock show", "show the clock's value and this home's node id", declare_clock_show},
    {"clock reconcile", "merge the server's clock", declare_clock_reconcile},
    {"auth login", "log in to the server", declare_auth_login, true, true, wakeup_reason::session},
    {"auth logout", "forget the session", declare_auth_logout, false, true, wakeup_reason::session},
    {"auth status", "show the session", declare_auth_status},
    {"sync now", "send what is queued, once", declare_sync_now, false, true,
     wakeup_reason::drained},
    {"sync status", "show where the events stand", declare_sync_status},
    {"sync doctor", "say what is wrong and what mends it", declare_sync_doctor, false},
    {"sync diagnose", "hold every event against the contract", declare_sync_diagnose},
    {"sync watch", "follow the connection and the events as they go", declare_sync_watch},
    {"sync daemon run", "be the daemon, in the foreground", declare_daemon_run},
    {"sync daemon start", "start the daemon in the background", declare_daemon_start},
    {"sync daemon stop", "end it; the batch in flight is finished", declare_daemon_stop, false},
    {"sync daemon restart", "end it and start it again", declare_daemon_restart},
    {"sync daemon status", "say whether it runs", declare_daemon_status, false},
    {"sync daemon unit", "print a systemd user unit for it", declare_daemon_unit, false},
    {"sync server", "show or set the server", declare_sync_server},
    {"sync opt-out", "keep this project's events on this machine", declare_sync_opt_out},
    {"sync opt-in", "share this project's events", declare_sync_opt_in, true, true,
     wakeup_reason::events},
    {"config list", "show every key, its value and origin", declare_config_list},
    {"config get", "show one key", declare_config_get},
    {"config set", "change one key in config.toml", declare_config_set, false, true,
     wakeup_reason::session},
    {"dev-server", "run a reference server on this machine, for trying out", declare_dev_server,
     false},
    {"init", "give this repository a project identity", declare_init, false, false},
    {"implement", "start on a work package in a worktree of its own", declare_implement, false,
     false},
    {"merge", "merge a feature's work packages into its target branch", declare_merge, false,
     false},
    {"accept", "accept what was reviewed", declare_accept, false, false},
    {"orchestrate", "let agents work on a feature's work packages", declare_orchestrate, false,
     false},
    {"agent tasks move-task", "move a work package to another lane", declare_move_task, false,
     false},
    {"agent tasks mark-status", "check or clear subtasks", declare_mark_status, false, false},
    {"agent tasks add-history", "note what happened to a work package", declare_add_history, false,
     false},
    {"agent tasks status", "show where the work packages stand", declare_tasks_status, false,
     false},
    {"agent tasks list-tasks", "list work packages and subtasks", declare_list_tasks, false, false},
    {"agent tasks list-dependents", "list who depends on a work package", declare_list_dependents,
     false, false},
    {"agent feature finalize-tasks", "take dependencies from tasks.md, announce the feature",
     declare_finalize_tasks, false, false},
}};

} // namespace

std::span<const command> command_table() {
  return table;
}

std::span<const command_group> command_groups() {
  return groups;
}

} // namespace spec_kitty
