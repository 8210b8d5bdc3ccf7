#include "app/board/core/event_reading.hpp"

#include "messages/event.hpp"

#include <algorithm>

namespace spec_kitty::board {

namespace {

constexpr std::size_t max_text = 500;
constexpr std::size_t max_name = 200;
constexpr std::size_t max_dependencies = 100;

std::string short_text(const json_value& from, const char* name, std::size_t limit = max_text) {
  const auto text = text_of(from, name);
  return text ? excerpt(*text, limit) : std::string();
}

void read_dependencies(board_event& to, const json_value& payload) {
  const auto* all = member(payload, "dependencies");
  if (all == nullptr || !all->IsArray())
    return;
  for (const auto& entry : all->GetArray()) {
    if (!entry.IsString() || to.dependencies.size() == max_dependencies)
      continue;
    const std::string_view id(entry.GetString(), entry.GetStringLength());
    if (is_work_package_id(id))
      to.dependencies.emplace_back(id);
  }
}

void read_payload(board_event& to, const json_value& payload) {
  if (to.feature.empty())
    to.feature = short_text(payload, "feature_slug", max_name);
  if (const auto wp = text_of(payload, "wp_id"); wp && is_work_package_id(*wp))
    to.wp_id = *wp;
  switch (to.kind) {
  case event_kind::status_changed:
    to.previous = short_text(payload, "previous_status", max_name);
    to.lane = short_text(payload, "new_status", max_name);
    to.actor = short_text(payload, "changed_by", max_name);
    break;
  case event_kind::created:
    to.text = short_text(payload, "title");
    read_dependencies(to, payload);
    break;
  case event_kind::assigned:
    to.actor = short_text(payload, "agent_id", max_name);
    to.text = short_text(payload, "phase", max_name);
    break;
  case event_kind::history_added:
    to.actor = short_text(payload, "author", max_name);
    to.text = short_text(payload, "entry_content");
    break;
  case event_kind::error_logged:
    to.actor = short_text(payload, "agent_id", max_name);
    to.text = short_text(payload, "error_message");
    break;
  case event_kind::dependency_resolved:
    to.text = short_text(payload, "dependency_wp_id", max_name);
    break;
  case event_kind::feature_created:
  case event_kind::feature_completed:
  case event_kind::other:
    break;
  }
}

} // namespace

std::optional<board_event> read_event(const json_value& event, std::string_view sender) {
  const auto id = parse_ulid(text_of(event, "event_id").value_or(""));
  const auto* payload = member(event, "payload");
  const auto node = text_of(event, "node_id");
  if (!id || !node || payload == nullptr || !payload->IsObject())
    return std::nullopt;
  board_event read;
  read.id = *id;
  read.node_id = excerpt(*node, max_name);
  read.lamport_clock = static_cast<std::uint64_t>(
      std::max<std::int64_t>(0, whole_number_of(event, "lamport_clock").value_or(0)));
  read.at = parse_date_time(text_of(event, "timestamp").value_or("")).value_or(0);
  read.kind = kind_of(text_of(event, "event_type").value_or(""));
  read.feature = short_text(event, "feature_slug", max_name);
  read.cause = parse_ulid(text_of(event, "causation_id").value_or("")).value_or(ulid{});
  read.sender = excerpt(sender, max_name);
  read_payload(read, *payload);
  if (read.kind == event_kind::status_changed && (read.wp_id.empty() || read.lane.empty()))
    read.kind = event_kind::other; // it moves nothing
  return read;
}

} // namespace spec_kitty::board
