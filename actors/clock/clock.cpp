#include "actors/clock/clock.hpp"

namespace spec_kitty {

clock_actor::behavior_type clock(clock_actor::stateful_pointer<clock_state> self,
                                 clock_config config) {
  install_handlers(self);
  self->state.config = std::move(config);
  self->send(self->state.config.queue, clock_actor(self));
  return {
      [self](clock_question question) {
        return self->delegate(self->state.config.queue, question);
      },
      [self](clock_received received) {
        return self->delegate(self->state.config.queue, received);
      },
      [self](const clock_committed& committed) {
        // Best effort: the store is the authority, and the next commit writes it again.
        (void)write_mirror(self->state.config.home,
                           {committed.value, committed.node_id, self->state.config.now()});
      },
      [self](mirror_barrier barrier) { return self->delegate(self->state.config.queue, barrier); },
      [](mirror_reached) { return mirror_done{}; },
  };
}

} // namespace spec_kitty
