#include "app/board/core/transitions.hpp"

#include "util/json.hpp"

#include <bit>
#include <cstring>

namespace spec_kitty::board {

namespace {

static_assert(std::endian::native == std::endian::little, "columns are little-endian");

template <class Value>
void append(std::string& to, Value value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  to.append(bytes, sizeof value);
}

} // namespace

std::string transition_columns(const event_log& log) {
  std::string columns;
  const std::size_t count = log.size();
  columns.reserve(count * 12);
  for (std::size_t place = 0; place < count; ++place)
    append(columns, static_cast<double>(log.at(place).at) / 1000.0);
  for (std::size_t place = 0; place < count; ++place) {
    const auto package = log.at(place).package;
    append(columns, static_cast<std::uint16_t>(package == no_index ? 0xffff : package));
  }
  // A second announcement moves nothing, so what was seen before counts.
  std::vector<bool> seen(log.packages().size());
  for (std::size_t place = 0; place < count; ++place) {
    const log_row& row = log.at(place);
    std::uint8_t shown = 0xff;
    if (row.package != no_index && row.kind == event_kind::status_changed)
      shown = static_cast<std::uint8_t>(log.counted_lane(row.lane));
    else if (row.package != no_index && row.kind == event_kind::created && !seen[row.package])
      shown = 0;
    if (shown != 0xff)
      seen[row.package] = true;
    append(columns, shown);
  }
  for (std::size_t place = 0; place < count; ++place)
    append(columns, static_cast<std::uint8_t>(log.at(place).kind));
  return columns;
}

std::string transition_names(const event_log& log) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "v", std::uint64_t{1});
  field(out, "count", static_cast<std::uint64_t>(log.size()));
  key(out, "packages");
  out.StartArray();
  for (const auto& package : log.packages()) {
    out.StartObject();
    field(out, "feature", log.features().text(package.feature));
    field(out, "id", package.id);
    out.EndObject();
  }
  out.EndArray();
  out.EndObject();
  return to_text(buffer);
}

} // namespace spec_kitty::board
