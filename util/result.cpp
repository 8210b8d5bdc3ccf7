#include "util/result.hpp"

#include <array>

namespace spec_kitty {

namespace {

constexpr std::array<std::string_view, 31> names = {
    "ok",
    "usage",
    "bad_input",
    "invalid_event",
    "event_too_large",
    "not_found",
    "bad_config",
    "no_server",
    "bad_url",
    "queue_full",
    "login_required",
    "login_refused",
    "transport",
    "wrong_server",
    "held",
    "upgrade_required",
    "unhealthy",
    "rejected",
    "store_busy",
    "store_corrupt",
    "store_version",
    "store_full",
    "store_unusable",
    "already_running",
    "commit_unknown",
    "stopping",
    "internal",
    "overloaded",
    "timeout",
    "blocked",
    "work_failed",
};

static_assert(names.size() == static_cast<std::size_t>(ec::work_failed) + 1,
              "every code has exactly one name");

} // namespace

std::string_view to_string(ec code) {
  return names.at(static_cast<std::size_t>(code));
}

} // namespace spec_kitty
