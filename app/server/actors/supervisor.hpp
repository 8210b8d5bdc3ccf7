// SUPERVISOR: starts ROUTER, SESSIONS, INGEST and HUB, and starts one again that failed.
//
// Requests that a failed actor held were answered 503 when it was dropped; WebSockets of a failed
// HUB are closed, and their clients connect anew. The pause before a restart doubles while restarts
// follow each other, so that a defect does not take the processor.
#pragma once

#include "app/server/actors/context.hpp"

#include <cstdint>
#include <map>

namespace spec_kitty::server {

/// Its own actors, by what they do.
enum class part : std::uint8_t { router, sessions, ingest, hub, boards };

/// SUPERVISOR to itself: start this one again.
struct restart_part {
  part what = part::router;
};

/// Answered when all parts take messages.
struct parts_question {};
struct parts_started {};

using supervisor_actor_handle =
    caf::typed_actor<takes<restart_part>, answers<parts_question, parts_started>>;

struct supervisor_state {
  static inline const char* name = "server-supervisor";

  ~supervisor_state();
  void start(part what);
  void ended(const caf::actor_addr& of);

  struct child {
    caf::actor_addr address;
    std::uint32_t failures = 0; ///< one after the other
    epoch_us started = 0;
  };

  context_ptr context;
  std::map<part, child> children;
  supervisor_actor_handle::pointer self = nullptr;
};

supervisor_actor_handle::behavior_type
service_supervisor(supervisor_actor_handle::stateful_pointer<supervisor_state> self,
                   context_ptr context);

} // namespace spec_kitty::server

SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::server::restart_part)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::server::parts_question)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::server::parts_started)
