// WORKER: a thread that may wait, for the disk or a password hash. Its jobs answer themselves.
#pragma once

#include "app/server/actors/interfaces.hpp"

namespace spec_kitty::server {

worker_actor::behavior_type worker(worker_actor::pointer self);

} // namespace spec_kitty::server
