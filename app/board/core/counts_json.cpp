#include "app/board/core/view_json.hpp"

#include <optional>

namespace spec_kitty::board {

namespace {

/// Whole seconds, or null.
void seconds(json_writer& out, std::string_view name, const std::optional<epoch_us>& duration) {
  key(out, name);
  if (duration)
    out.Int64(*duration / 1'000'000);
  else
    out.Null();
}

void write_lanes(json_writer& out, const std::array<std::uint32_t, 4>& lanes) {
  key(out, "lanes");
  out.StartArray();
  for (const auto number : lanes)
    out.Uint(number);
  out.EndArray();
}

void write_days(json_writer& out, const board_counts& counts) {
  key(out, "days");
  out.StartArray();
  for (const auto& day : counts.days) {
    out.StartObject();
    field(out, "day", format_timestamp(day.day * 86'400'000'000).substr(0, 10));
    field(out, "finished", std::uint64_t{day.finished});
    write_lanes(out, day.lanes);
    out.EndObject();
  }
  out.EndArray();
}

void write_people(json_writer& out, const board_counts& counts) {
  key(out, "people");
  out.StartArray();
  for (const auto& [name, person] : counts.people) {
    out.StartObject();
    field(out, "name", name);
    field(out, "moves", std::uint64_t{person.moves});
    field(out, "to_review", std::uint64_t{person.to_review});
    field(out, "finished", std::uint64_t{person.finished});
    field(out, "sent_back", std::uint64_t{person.sent_back});
    out.EndObject();
  }
  out.EndArray();
}

void write_packages(json_writer& out, const event_log& log, const board_counts& counts) {
  key(out, "work_packages");
  out.StartArray();
  for (const auto& package : counts.packages) {
    const auto& name = log.packages()[package.package];
    out.StartObject();
    field(out, "feature", log.features().text(name.feature));
    field(out, "wp_id", name.id);
    seconds(out, "cycle_s", package.cycle);
    seconds(out, "planned_s", package.in_lane[0]);
    seconds(out, "doing_s", package.in_lane[1]);
    seconds(out, "review_s", package.in_lane[2]);
    field(out, "sent_back", std::uint64_t{package.sent_back});
    out.EndObject();
  }
  out.EndArray();
}

} // namespace

void write_counts(json_writer& out, const event_log& log, const board_counts& counts) {
  seconds(out, "cycle_median_s", counts.cycle_median);
  seconds(out, "cycle_85_s", counts.cycle_85);
  seconds(out, "review_median_s", counts.review_median);
  field(out, "reviewed", std::uint64_t{counts.reviewed});
  field(out, "sent_back", std::uint64_t{counts.sent_back});
  field(out, "clock_disagreements", std::uint64_t{counts.clock_disagreements});
  write_days(out, counts);
  write_people(out, counts);
  write_packages(out, log, counts);
}

} // namespace spec_kitty::board
