#include "actors/batch_sync/retry_after.hpp"

#include <time.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace spec_kitty {

std::optional<std::int64_t> read_http_date(std::string_view text) {
  const std::string whole(text);
  // IMF-fixdate, RFC 850, asctime
  for (const char* form :
       {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"}) {
    tm parts{};
    const char* end = ::strptime(whole.c_str(), form, &parts);
    if (end != nullptr && *end == '\0')
      return ::timegm(&parts);
  }
  return std::nullopt;
}

std::optional<std::chrono::milliseconds> read_retry_after(std::string_view header, epoch_us now) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(header.data(), header.data() + header.size(), seconds);
  const bool digits = !header.empty() && end == header.data() + header.size();
  if (digits && error == std::errc::result_out_of_range)
    return max_retry_after;
  if (!digits || error != std::errc{}) {
    const auto date = read_http_date(header);
    if (!date)
      return std::nullopt;
    seconds = *date - now / 1000000;
  }
  const std::int64_t most = std::chrono::seconds(max_retry_after).count();
  return std::chrono::seconds(std::clamp<std::int64_t>(seconds, 0, most));
}

} // namespace spec_kitty
