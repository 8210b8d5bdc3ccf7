// SUPERVISOR's children: the table, what starts them, and what follows when one of them falls.
#include "actors/supervisor/supervisor.hpp"

#include <caf/send.hpp>

namespace spec_kitty {

namespace {

/// Ends an actor and drops the handle: one to a dead actor would keep the system from ending.
template <class Handle>
void end_child(Handle& handle) {
  if (handle)
    caf::anon_send_exit(handle, caf::exit_reason::user_shutdown);
  handle = nullptr;
}

} // namespace

std::vector<child_spec> supervisor_state::children() {
  const restart_history often(config.policy);
  // name, kind, start, end
  return {
      {"queue", child_kind::vital, [this] { return config.queue.address(); }, {}, often},
      {"clock", child_kind::vital, [this] { return config.clock.address(); }, {}, often},
      {"http", child_kind::transport,
       [this] { return (now.http = config.start_http(*self)).address(); },
       [this] { end_child(now.http); }, often},
      {"auth", child_kind::transport,
       [this] { return (now.auth = config.start_auth(*self, now.http)).address(); },
       [this] { end_child(now.auth); }, often},
      {"batch_sync", child_kind::transport,
       [this] { return (batch_sync = config.start_batch_sync(*self, now)).address(); },
       [this] { end_child(batch_sync); }, often},
      {"websocket", child_kind::connection,
       [this] {
         return (websocket = config.start_websocket(*self, now, supervisor_actor(self))).address();
       },
       [this] { end_child(websocket); }, often},
  };
}

// ── Children ─────────────────────────────────────────────────────────────────────────────────────

/// Starts, in the table's order, whatever is down and not waiting for its delay; what stands below
/// a child that is down waits with it.
void supervisor_state::start_all() {
  for (auto& child : table) {
    if (child.kind == child_kind::connection || child.address)
      continue;
    if (child.waits || child.given_up)
      return;
    child.address = child.start();
    self->monitor(child.address);
  }
}

void supervisor_state::on_down(const caf::down_msg& down) {
  for (auto& child : table) {
    if (!child.address || child.address != down.source)
      continue;
    child.address = nullptr;
    const failure why = to_failure(down.reason);
    switch (child.kind) {
    case child_kind::vital:
      publish(actors_failed{{ec::internal, std::string(child.name) + " has failed: " + why.message,
                             "nothing that was acknowledged is lost; run the command again"}});
      return self->quit(down.reason);
    case child_kind::transport:
      return on_fall(child);
    case child_kind::connection:
      websocket = nullptr;
      if (!stopping)
        on_connection_over(why);
      return;
    }
  }
}

/// The child is started again after its delay, and everything below it that may hold its handle.
void supervisor_state::on_fall(child_spec& child) {
  bool below = false;
  for (auto& other : table) {
    if (below && other.address) {
      other.address = nullptr; // its end is expected
      other.end();
      if (other.kind == child_kind::connection)
        on_connection_over(
            {ec::transport, "a part of the program has failed and is being started again", {}});
    }
    below = below || &other == &child;
  }
  child.end(); // drops the handle
  const auto delay = child.history.on_fall(steady());
  child.given_up = !delay;
  child.waits = delay.has_value();
  if (delay)
    self->delayed_send(self, *delay, restart_tick{std::string(child.name)});
  else if (config.background)
    publish(actors_failed{{ec::internal, std::string(child.name) + " has failed too often",
                           "see the log; all events are kept"}});
}

void supervisor_state::on_restart_tick(const restart_tick& tick) {
  for (auto& child : table)
    if (child.name == tick.child)
      child.waits = false;
  start_all();
  drain_when_due();
}

} // namespace spec_kitty
