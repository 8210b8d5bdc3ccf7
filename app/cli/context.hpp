// What every command gets: where the home is, what is configured, where words go.
#pragma once

#include "app/cli/exit_status.hpp"
#include "app/cli/output.hpp"
#include "app/home/emitter.hpp"
#include "app/home/home_view.hpp"

#include <optional>

namespace spec_kitty {

struct context : home_view {
  output out;
  std::optional<failure> config_problem = std::nullopt; ///< `config` is the defaults then
  /// Why no home can be used; only commands that do without one get here then.
  std::optional<failure> no_home = std::nullopt;

  /// Warnings of the parts that do not know where words go.
  warning_sink warnings() {
    return [this](std::string_view text) { out.warn(text); };
  }

  /// Says what failed and gives the exit status it has.
  exit_status fail(const failure& why) {
    out.fail(why);
    return status_of(why.code);
  }
};

} // namespace spec_kitty
