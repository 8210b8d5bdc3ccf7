#include "app/server/core/board.hpp"

#include "util/json.hpp"

namespace spec_kitty::server {

namespace {

constexpr std::string_view created_type = "WPCreated";
constexpr std::string_view changed_type = "WPStatusChanged";

} // namespace

void board::apply(std::string_view event_text) {
  // Most events of other types are recognised without reading them.
  if (event_text.find(created_type) == std::string_view::npos &&
      event_text.find(changed_type) == std::string_view::npos)
    return;
  const auto event = parse_json(event_text);
  const json_value* payload = event ? member(*event, "payload") : nullptr;
  const auto wp = payload == nullptr ? std::nullopt : text_of(*payload, "wp_id");
  if (!wp)
    return;
  const auto type = text_of(*event, "event_type").value_or("");
  if (type != created_type && type != changed_type)
    return;
  const std::string feature = text_of(*payload, "feature_slug").value_or("");
  const std::string project = text_of(*event, "project_uuid").value_or("");
  const auto clock =
      static_cast<std::uint64_t>(whole_number_of(*event, "lamport_clock").value_or(0));
  const std::string name = project + "/" + feature + "/" + *wp;
  if (rows_.size() >= max_rows && !rows_.contains(name))
    return;
  row& shown = rows_[name];
  if (clock < shown.lamport_clock)
    return;
  shown = {*wp, feature,
           type == created_type ? "planned" : text_of(*payload, "new_status").value_or(""), clock};
}

std::string board::snapshot(std::size_t max_bytes) const {
  json_buffer buffer;
  json_writer out(buffer);
  bool truncated = rows_.size() >= max_rows;
  out.StartObject();
  field(out, "type", "snapshot");
  key(out, "work_packages");
  out.StartArray();
  for (const auto& [name, shown] : rows_) {
    const std::size_t row_bytes =
        shown.wp_id.size() + shown.feature_slug.size() + shown.status.size() + 128;
    if (buffer.GetSize() + row_bytes > max_bytes) {
      truncated = true;
      break;
    }
    out.StartObject();
    field(out, "wp_id", shown.wp_id);
    field(out, "feature_slug", shown.feature_slug);
    field(out, "status", shown.status);
    field(out, "lamport_clock", shown.lamport_clock);
    out.EndObject();
  }
  out.EndArray();
  if (truncated)
    field(out, "truncated", true);
  out.EndObject();
  return to_text(buffer);
}

} // namespace spec_kitty::server
