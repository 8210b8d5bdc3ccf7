// What every command gets: the home, the configuration and the output.
#pragma once

#include "app/cli/exit_status.hpp"
#include "app/home/emitter.hpp"
#include "app/home/home_view.hpp"
#include "util/output.hpp"

#include <optional>

namespace spec_kitty {

struct context : home_view {
  output out;
  std::optional<failure> config_problem = std::nullopt; ///< `config` is the defaults then
  /// Why no home can be used; set only for commands that run without one.
  std::optional<failure> no_home = std::nullopt;
  /// A command that changed nothing sets it: the daemon is not told of anything then.
  bool changed_nothing = false;
  bool utc = false; ///< times for a person in UTC too, not in this machine's zone

  /// Prints the warnings of parts that have no output of their own.
  warning_sink warnings() {
    return [this](std::string_view text) { out.warn(text); };
  }

  /// Prints the failure and returns its exit status.
  exit_status fail(const failure& why) {
    out.fail(why);
    return status_of(why.code);
  }
};

} // namespace spec_kitty
