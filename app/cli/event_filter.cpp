#include "app/cli/event_filter.hpp"

#include "messages/event.hpp"
#include "util/text.hpp"

#include <ctime>
#include <utility>

namespace spec_kitty {

namespace {

constexpr epoch_us second = 1000000;

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Whether a person who types `typed` may mean this feature.
bool means_feature(std::string_view typed, std::string_view slug) {
  if (slug.starts_with(typed))
    return true;
  const auto number = slug.substr(0, slug.find('-'));
  return is_digits(typed) && is_digits(number) &&
         whole_number<std::uint64_t>(typed) == whole_number<std::uint64_t>(number);
}

bool is_of_feature(const json_value& event, const std::string& typed) {
  const json_value* payload = member(event, "payload");
  for (const auto& slug :
       {text_of(event, "feature_slug"),
        payload == nullptr ? std::nullopt : text_of(*payload, "feature_slug"),
        text_of(event, "aggregate_type") == "Feature" ? text_of(event, "aggregate_id")
                                                      : std::nullopt})
    if (slug)
      return means_feature(typed, *slug);
  return false;
}

bool is_of_work_package(const json_value& event, const std::string& typed) {
  const std::string id = work_package_meant(typed);
  const json_value* payload = member(event, "payload");
  return text_of(event, "aggregate_id") == id ||
         (payload != nullptr && text_of(*payload, "wp_id") == id);
}

/// Seconds of a unit; 0 for any other letter.
std::int64_t unit_of(char letter) {
  switch (letter) {
  case 'w':
    return 7 * 86400;
  case 'd':
    return 86400;
  case 'h':
    return 3600;
  case 'm':
    return 60;
  case 's':
    return 1;
  default:
    return 0;
  }
}

/// A date, or a date and a time, of this machine's zone.
std::optional<epoch_us> local_time(const std::string& text) {
  for (const char* form :
       {"%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"}) {
    std::tm parts{};
    parts.tm_isdst = -1;
    const char* end = ::strptime(text.c_str(), form, &parts);
    if (end != nullptr && *end == '\0')
      return static_cast<epoch_us>(std::mktime(&parts)) * second;
  }
  return std::nullopt;
}

} // namespace

bool event_filter::takes(const json_value& event, std::string_view json, epoch_us at) const {
  if (at < since || (!id.empty() && text_of(event, "event_id") != id) ||
      (!type.empty() && text_of(event, "event_type") != type))
    return false;
  return (wp.empty() || is_of_work_package(event, wp)) &&
         (feature.empty() || is_of_feature(event, feature)) &&
         (grep.empty() || lower_case(json).find(lower_case(grep)) != std::string::npos);
}

result<epoch_us> parse_since(std::string_view text, epoch_us now) {
  if (!text.empty())
    if (const auto unit = unit_of(text.back()); unit > 0)
      if (const auto count = whole_number<std::uint32_t>(text.substr(0, text.size() - 1)))
        return now - static_cast<epoch_us>(*count) * unit * second;
  if (const auto instant = parse_date_time(text))
    return *instant;
  if (const auto instant = local_time(std::string(text)))
    return *instant;
  return failure{ec::bad_input, "\"" + std::string(text) + "\" is not a time",
                 "give a time such as 2d, 3h, 30m, 2026-02-03 or 2026-02-03T19:29:53Z"};
}

epoch_us recorded_at(const json_value& event) {
  return parse_date_time(text_of(event, "timestamp").value_or("")).value_or(0);
}

} // namespace spec_kitty
