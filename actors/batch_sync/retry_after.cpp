#include "actors/batch_sync/retry_after.hpp"

#include <algorithm>
#include <charconv>

namespace spec_kitty {

std::optional<std::chrono::milliseconds> read_retry_after(std::string_view header, epoch_us now) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(header.data(), header.data() + header.size(), seconds);
  const bool digits = !header.empty() && end == header.data() + header.size();
  if (digits && error == std::errc::result_out_of_range)
    return max_retry_after;
  if (!digits || error != std::errc{}) {
    const auto date = parse_http_date(header);
    if (!date)
      return std::nullopt;
    seconds = *date - now / 1000000;
  }
  const std::int64_t max_seconds = std::chrono::seconds(max_retry_after).count();
  return std::chrono::seconds(std::clamp<std::int64_t>(seconds, 0, max_seconds));
}

} // namespace spec_kitty
