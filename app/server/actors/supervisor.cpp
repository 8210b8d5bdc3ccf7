#include "app/server/actors/supervisor.hpp"

#include "app/server/actors/boards.hpp"
#include "app/server/actors/hub.hpp"
#include "app/server/actors/ingest.hpp"
#include "app/server/actors/router.hpp"
#include "app/server/actors/sessions.hpp"

#include <algorithm>
#include <array>
#include <chrono>

namespace spec_kitty::server {

namespace {

constexpr std::array<part, 5> all_parts = {part::sessions, part::ingest, part::hub, part::boards,
                                           part::router};
constexpr auto first_pause = std::chrono::milliseconds(50);
constexpr std::uint32_t max_doublings = 7;
constexpr epoch_us steady_after =
    60'000'000; ///< a child that lived so long failed for another reason

} // namespace

supervisor_state::~supervisor_state() {
  if (!context)
    return;
  context->router.clear();
  context->boards.clear();
  context->hub.clear();
  context->ingest.clear();
  context->sessions.clear();
}

void supervisor_state::start(part what) {
  child& entry = children[what];
  entry.started = context->steady();
  const auto keep = [this, &entry](auto& place, auto handle) {
    self->monitor(handle);
    entry.address = handle.address();
    place.set(std::move(handle));
  };
  switch (what) {
  case part::router:
    return keep(context->router, self->spawn<caf::linked>(router, context));
  case part::sessions:
    return keep(context->sessions, self->spawn<caf::linked>(sessions, context));
  case part::ingest:
    return keep(context->ingest, self->spawn<caf::linked>(ingest, context));
  case part::hub:
    return keep(context->hub, self->spawn<caf::linked>(hub, context));
  case part::boards:
    return keep(context->boards, self->spawn<caf::linked + caf::detached>(boards, context));
  }
}

void supervisor_state::ended(const caf::actor_addr& of) {
  for (auto& [what, entry] : children) {
    if (entry.address != of)
      continue;
    const bool was_steady = context->steady() - entry.started > steady_after;
    entry.failures = was_steady ? 0 : std::min(entry.failures + 1, max_doublings);
    context->metrics.actor_restarts.add();
    self->delayed_send(self, first_pause * (1U << entry.failures), restart_part{what});
  }
}

supervisor_actor_handle::behavior_type
service_supervisor(supervisor_actor_handle::stateful_pointer<supervisor_state> self,
                   context_ptr context) {
  install_handlers(self);
  // Children end with it; their own failures are down messages, not exits.
  self->set_down_handler(
      [self](caf::scheduled_actor*, caf::down_msg& down) { self->state.ended(down.source); });
  self->set_exit_handler([self](caf::scheduled_actor*, caf::exit_msg& exit) {
    for (const auto& [what, entry] : self->state.children)
      if (entry.address == exit.source)
        return;
    self->quit(std::move(exit.reason));
  });
  self->state.context = std::move(context);
  self->state.self = self;
  for (const part what : all_parts)
    self->state.start(what);
  return {
      [self](restart_part again) { self->state.start(again.what); },
      [](parts_question) { return parts_started{}; },
  };
}

} // namespace spec_kitty::server
