// What watchers are told of others: each from its own place in the team's log, older events over
// HTTP.
#pragma once

#include "app/daemon/control_server.hpp"
#include "app/daemon/engine.hpp"
#include "app/daemon/inputs.hpp"

namespace spec_kitty {

class watch_feed {
public:
  /// Of a `watch`: behind the number that it asks for, else behind what this home has heard.
  /// `actors` may be null.
  log_reader reader_for(const json_value& request, const engine* actors);
  /// A notice about the team's log; others are passed over.
  void publish(control_server& to, const notice& what);
  /// Has the pages read that watchers want.
  static void read_pages(control_server& of, engine* actors, notice_queue& answers);

private:
  log_place heard_; ///< as it was published last
};

} // namespace spec_kitty
