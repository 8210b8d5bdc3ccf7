// A host's options, checked and resolved: what the home, the settings and the project are. Touches
// no store and starts nothing.
#pragma once

#include "app/home/home_view.hpp"
#include "app/home/prepare.hpp"
#include "spec_kitty/options.hpp"
#include "util/url.hpp"

#include <optional>

namespace spec_kitty::embed {

struct checked_options {
  options given;
  home_view view;
  emit_context known;               ///< without a session's team and terms
  std::optional<server_url> server; ///< nothing: none is set, or others deliver
  std::string why_no_server;        ///< in words
};

/// bad_input, bad_config or not_found, naming the option and the remedy.
result<checked_options> check(options given);

} // namespace spec_kitty::embed
