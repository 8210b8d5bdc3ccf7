#include "app/server/actors/worker.hpp"

namespace spec_kitty::server {

worker_actor::behavior_type worker(worker_actor::pointer self) {
  install_handlers(self);
  return {[](const job& what) { what.work(); }};
}

} // namespace spec_kitty::server
