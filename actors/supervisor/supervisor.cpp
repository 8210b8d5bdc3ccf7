#include "actors/supervisor/supervisor.hpp"

#include <caf/send.hpp>

namespace spec_kitty {

supervisor_state::~supervisor_state() {
  if (batch_sync)
    caf::anon_send_exit(batch_sync, caf::exit_reason::user_shutdown);
}

std::vector<child_spec> supervisor_state::children() {
  //  name          start                                                  forget
  return {{"batch_sync",
           [this] {
             batch_sync = config.start_batch_sync(*self);
             return batch_sync.address();
           },
           [this] { batch_sync = nullptr; },
           restart_history(config.policy),
           {},
           false}};
}

void supervisor_state::start(child_spec& child) {
  child.address = child.start();
  self->monitor(child.address);
}

void supervisor_state::on_down(const caf::down_msg& down) {
  for (auto& child : table) {
    if (child.address != down.source)
      continue;
    child.forget(); // a strong handle to a dead actor would keep the system from ending
    child.address = nullptr;
    const std::chrono::milliseconds now{config.now() / 1000};
    if (const auto delay = child.history.on_fall(now))
      self->delayed_send(self, *delay, restart_tick{std::string(child.name)});
    else
      child.given_up = true;
  }
}

supervisor_actor::behavior_type
supervisor(supervisor_actor::stateful_pointer<supervisor_state> self, supervisor_config config) {
  install_handlers(self);
  auto& state = self->state;
  state.config = std::move(config);
  state.self = self;
  state.table = state.children();
  self->set_down_handler([self](caf::down_msg& down) { self->state.on_down(down); });
  for (auto& child : state.table)
    state.start(child);
  return {
      [self](const sync_request& request) -> caf::result<sync_report> {
        auto& state = self->state;
        if (state.batch_sync)
          return self->delegate(state.batch_sync, request);
        const bool given_up = state.table.front().given_up;
        return to_error({ec::transport,
                         std::string("the part that talks to the server has failed ") +
                             (given_up ? "too often and is not started again; all events are kept"
                                       : "and is being started again"),
                         given_up ? "run the command again; please report it if it stays"
                                  : "try again in a moment"});
      },
      [self](const restart_tick& tick) {
        for (auto& child : self->state.table)
          if (child.name == tick.child && !child.address)
            self->state.start(child);
      },
  };
}

} // namespace spec_kitty
