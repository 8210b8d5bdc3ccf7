// CAF keeps a counted reference to the logger of the actor system that a thread last used, in that
// thread; and an actor system waits at its end until no thread has one. So a host's thread that
// merely asked something once would hang the thread that ends the system, for ever.
#pragma once

#include <caf/logger.hpp>

namespace spec_kitty::embed {

/// Around every use of an actor system on a thread that is not its own: the thread has the logger
/// it had before. Where that was another system's it has none, since CAF offers no way back.
class caf_logger_restorer {
public:
  caf_logger_restorer() = default;
  ~caf_logger_restorer() {
    if (caf::logger::current_logger() != before_)
      caf::logger::set_current_actor_system(nullptr);
  }
  caf_logger_restorer(const caf_logger_restorer&) = delete;
  caf_logger_restorer& operator=(const caf_logger_restorer&) = delete;

private:
  const caf::logger* before_ = caf::logger::current_logger();
};

} // namespace spec_kitty::embed
