// What the steps of a schedule do.
#include "app/chaos/simulation/simulation_run.hpp"

namespace spec_kitty::chaos::simulation {

namespace {

sim_time up_to(std::uint64_t drawn, sim_time most) {
  return static_cast<sim_time>(drawn % static_cast<std::uint64_t>(most));
}

} // namespace

void simulation_run::perform(action what, const action_values& with,
                             const std::shared_ptr<bool>& done) {
  node& target = *nodes_[static_cast<std::size_t>(with.node) % nodes_.size()];
  around_.trace.note(spec_of(what).name);
  switch (spec_of(what).kind) {
  case action_kind::exchange:
  case action_kind::batch:
  case action_kind::socket:
    return target.network().arm({what, with.a, with.b, done});
  case action_kind::work:
  case action_kind::now:
    break;
  }
  *done = apply(what, with, target);
}

bool simulation_run::apply(action what, const action_values& with, node& target) {
  for (const auto part :
       {&simulation_run::do_work, &simulation_run::change_server, &simulation_run::fail_store,
        &simulation_run::end_process, &simulation_run::say_to_socket})
    if (const auto effect = (this->*part)(what, with, target))
      return *effect;
  return false;
}

/// What people do at their command line.
simulation_run::effect simulation_run::do_work(action what, const action_values& with,
                                               node& target) {
  switch (what) {
  case action::emit:
    target.emit(1 + with.a % 4);
    return target.is_up();
  case action::sync_now:
    target.sync_now();
    return target.is_up();
  case action::look:
    target.look();
    return true;
  case action::login:
    target.log_in(with.a % 3 == 0 ? "bob" : "ann", with.a % 2 == 0);
    return target.is_up();
  case action::logout:
    target.log_out();
    return target.is_up();
  case action::retry_dead:
    target.retry_dead();
    return target.is_up();
  case action::node_renewed:
    return target.renew_node();
  default:
    return std::nullopt;
  }
}

/// The server ends sessions, refuses an event until the end, or is away for a while.
simulation_run::effect simulation_run::change_server(action what, const action_values& with,
                                                     node& /*target*/) {
  switch (what) {
  case action::access_revoked:
    around_.server.revoke_access();
    return true;
  case action::session_over:
    around_.server.end_sessions();
    around_.server.revoke_access();
    return true;
  case action::guilty_by_result:
  case action::guilty_by_name:
  case action::guilty_unnamed: {
    const auto& attempts = around_.seen.attempts;
    if (attempts.empty())
      return false;
    around_.server.refuse(attempts[static_cast<std::size_t>(with.a % attempts.size())].marker,
                          what);
    return true;
  }
  case action::server_away:
    around_.server_away = true;
    hub_.end_all();
    around_.later.at(around_.now + up_to(with.a, 60 * second),
                     [this] { around_.server_away = false; });
    return true;
  default:
    return std::nullopt;
  }
}

/// The store fails, or another process holds it.
simulation_run::effect simulation_run::fail_store(action what, const action_values& with,
                                                  node& target) {
  switch (what) {
  case action::write_fails:
  case action::disk_full:
  case action::outcome_unknown:
    fail_writes(what, with, target);
    return true;
  case action::store_shut:
    target.plan().opens_store = false;
    around_.later.at(around_.now + up_to(with.a, 20 * second),
                     [&target] { target.plan().opens_store = true; });
    return true;
  case action::store_busy:
    target.hold_store(true);
    around_.later.at(around_.now + up_to(with.a, 10 * second),
                     [&target] { target.hold_store(false); });
    return true;
  default:
    return std::nullopt;
  }
}

/// A process or one of its actors ends, or the process's clock jumps.
simulation_run::effect simulation_run::end_process(action what, const action_values& with,
                                                   node& target) {
  switch (what) {
  case action::reboot:
    target.change_boot();
    return crash(with, target);
  case action::crash:
    return crash(with, target);
  case action::stop:
    if (!target.is_up())
      return false;
    target.wind_down([this, &target] {
      around_.later.at(around_.now, [&target] {
        target.crash();
        target.start();
      });
    });
    return true;
  case action::http_falls:
    return kill(role::http, target);
  case action::auth_falls:
    return kill(role::auth, target);
  case action::batch_sync_falls:
    return kill(role::batch_sync, target);
  case action::websocket_falls:
    return kill(role::websocket, target);
  case action::queue_falls:
    if (!target.is_up())
      return false;
    target.kill(role::queue);
    return true;
  case action::clock_jump:
    target.set_clock(up_to(with.a, 10L * 3600 * second) - 5L * 3600 * second);
    return true;
  default:
    return std::nullopt;
  }
}

bool simulation_run::kill(role part, node& target) {
  target.kill(part);
  return target.is_up();
}

bool simulation_run::crash(const action_values& with, node& target) {
  if (!target.is_up())
    return false;
  target.crash();
  if (with.a % 4 == 0) // it comes back at once
    target.start();
  else
    around_.later.at(around_.now + up_to(with.b, 30 * second), [&target] { target.start(); });
  return true;
}

/// A window in which writes fail: a few of them, or all of them for a while.
void simulation_run::fail_writes(action what, const action_values& with, node& target) {
  constexpr std::uint64_t all = 1'000'000;
  os_plan& plan = target.plan();
  plan.error = what == action::disk_full || with.b % 3 == 0 ? ENOSPC : EIO;
  plan.how = static_cast<failing_write>(with.b / 3 % 3);
  plan.works_first = what == action::disk_full ? 0 : with.a % 9;
  plan.fails_then = what == action::disk_full ? all : 1 + with.a / 9 % 4;
  if (what == action::outcome_unknown) { // it fails, and whether it took effect cannot be checked
    plan.how = with.b % 2 == 0 ? failing_write::all : failing_write::nothing;
    plan.opens_store = false;
  }
  if (what == action::write_fails)
    return;
  around_.later.at(around_.now + up_to(with.b, 20 * second), [&target] {
    target.plan().opens_store = true;
    target.plan().fails_then = 0;
  });
}

/// An unexpected message over the WebSocket, or the end of the connection.
simulation_run::effect simulation_run::say_to_socket(action what, const action_values& with,
                                                     node& target) {
  const auto to = hub_.open_of(target.network());
  if (!to)
    return false;
  const auto foreign = [&](const std::string& clock) {
    hub_.say(to, R"({"type":"event","event":{"event_id":"01ARZ3NDEKTSV4RRFFQ69G5FAV",)"
                 R"("node_id":"0123456789ab","lamport_clock":)" +
                     clock + "}}");
  };
  switch (what) {
  case action::socket_lost:
    hub_.end(to, link_end::lost);
    return true;
  case action::socket_closed:
    hub_.end(to, link_end::closed);
    return true;
  case action::socket_silent:
    to->silent = true;
    around_.later.at(around_.now + 30 * second, [this, to] { hub_.end(to, link_end::silent); });
    return true;
  case action::foreign_event:
    for (std::uint64_t n = with.b % 3 + 1; n > 0; --n)
      foreign(std::to_string(around_.server.advance_clock(with.a % 50)));
    return true;
  case action::far_foreign: // of an event that the server does not keep: a stamp above it is
                            // refused
    foreign(std::to_string(around_.server.clock() + (std::uint64_t{2} << 32U) + with.a % 1000));
    return true;
  case action::absurd_foreign:
    foreign(with.a % 2 == 0 ? "9007199254740991" : "18446744073709551615");
    return true;
  case action::bad_foreign:
    foreign(with.a % 2 == 0 ? "\"7\"" : "-1.5");
    return true;
  case action::unknown_message:
    hub_.say(to, R"({"type":"greeting"})");
    return true;
  case action::bad_json:
    hub_.say(to, R"({"type":"event","event")");
    return true;
  case action::alien_ack:
    hub_.say(to, R"({"type":"ack","event_id":"01ARZ3NDEKTSV4RRFFQ69G5FAV"})");
    return true;
  case action::ping:
    hub_.say(to, R"({"type":"ping","timestamp":1})");
    return true;
  default:
    return std::nullopt;
  }
}

} // namespace spec_kitty::chaos::simulation
