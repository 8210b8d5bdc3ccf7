// The one table from error code to exit status. Source: docs/cli.md, Exit status.
#pragma once

#include "util/result.hpp"

namespace spec_kitty {

enum class exit_status : int {
  done = 0,
  failed = 1, ///< the command itself failed, bad input included
  usage = 2,  ///< the command line is wrong
  login_needed = 3,
  not_delivered = 4,  ///< server not reached, held, only transport failures; everything kept
  rejected = 5,       ///< some events were rejected or are newly dead
  store_unusable = 6, ///< locked too long, corrupt, newer format
};

constexpr exit_status status_of(ec code) {
  switch (code) {
  case ec::ok:
    return exit_status::done;
  case ec::usage:
    return exit_status::usage;
  case ec::login_required:
  case ec::login_refused:
    return exit_status::login_needed;
  case ec::transport:
  case ec::wrong_server:
  case ec::held:
  case ec::upgrade_required:
    return exit_status::not_delivered;
  case ec::rejected:
    return exit_status::rejected;
  case ec::store_busy:
  case ec::store_corrupt:
  case ec::store_version:
  case ec::store_full:
  case ec::store_unusable:
  case ec::commit_unknown:
    return exit_status::store_unusable;
  case ec::bad_input:
  case ec::invalid_event:
  case ec::event_too_large:
  case ec::not_found:
  case ec::bad_config:
  case ec::no_server:
  case ec::bad_url:
  case ec::queue_full:
  case ec::unhealthy:
  case ec::already_running:
  case ec::stopping:
  case ec::internal:
  case ec::overloaded:
  case ec::timeout:
  case ec::blocked:
  case ec::work_failed:
    return exit_status::failed;
  }
  return exit_status::failed;
}

} // namespace spec_kitty
