// Which events `events list` and `events export` show. Pure.
#pragma once

#include "util/json.hpp"
#include "util/result.hpp"
#include "util/timestamp.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace spec_kitty {

struct event_filter {
  std::string id = {};      ///< empty: any; the same for each text below
  std::string type = {};    ///< event_type
  std::string wp = {};      ///< `WP01`, or as a person types it: `wp1`
  std::string feature = {}; ///< whole name, number, or the beginning of a name
  std::string grep = {};    ///< stands anywhere in the event, in small letters or capitals
  epoch_us since = 0;       ///< recorded, or delivered, then or later

  /// `json` is the event as a text, `at` the time that `since` is compared with.
  bool takes(const json_value& event, std::string_view json, epoch_us at) const;
};

/// The instant that `2d`, `90m`, `2026-02-03` or `2026-02-03T19:29:53Z` means; w, d, h, m and s
/// count back from `now`; a date or time without a zone is this machine's. bad_input for any other
/// text.
result<epoch_us> parse_since(std::string_view text, epoch_us now);

/// When an event was recorded, by its own account; 0 where it does not say.
epoch_us recorded_at(const json_value& event);

} // namespace spec_kitty
