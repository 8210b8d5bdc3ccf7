#include "messages/event.hpp"

#include <algorithm>

namespace spec_kitty {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

} // namespace

bool is_event_type(std::string_view name) {
  return std::find(event_types.begin(), event_types.end(), name) != event_types.end();
}

bool is_ulid(std::string_view text) {
  constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  return text.size() == 26 && text[0] <= '7' &&
         text.find_first_not_of(alphabet) == std::string_view::npos;
}

bool is_work_package_id(std::string_view text) {
  return text.size() == 4 && text.substr(0, 2) == "WP" && is_digit(text[2]) && is_digit(text[3]);
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36)
    return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !is_hex(text[i]))
      return false;
  }
  return true;
}

std::string render_head(const event_stamp& stamp, std::string_view team_slug) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "event_id", stamp.event_id);
  field(out, "lamport_clock", stamp.lamport_clock);
  field(out, "node_id", stamp.node_id);
  field(out, "team_slug", team_slug);
  return {buffer.GetString(), buffer.GetSize()};
}

std::string render_tail(const event_draft& draft) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "event_type", draft.event_type);
  field(out, "aggregate_id", draft.aggregate_id);
  field(out, "aggregate_type", draft.aggregate_type);
  raw_field(out, "payload", draft.payload);
  field(out, "causation_id", draft.causation_id);
  field(out, "timestamp", draft.timestamp);
  field(out, "project_uuid", draft.project_uuid);
  field(out, "project_slug", draft.project_slug);
  out.EndObject();
  std::string tail(buffer.GetString(), buffer.GetSize());
  tail.front() = ','; // continues the object that the head opened
  return tail;
}

aggregate aggregate_of(std::string_view id) {
  return {is_work_package_id(id) ? "WorkPackage" : "Feature", std::string(id)};
}

std::optional<aggregate> default_aggregate(std::string_view event_type, const json_value& payload) {
  const auto wp = text_of(payload, "wp_id");
  if (wp && is_work_package_id(*wp))
    return aggregate{"WorkPackage", *wp};
  if (event_type == "ErrorLogged") // its wp_id is free text, so it may name no work package
    return aggregate{"Feature", "error"};
  const auto feature = text_of(payload, "feature_slug");
  if (feature && !feature->empty())
    return aggregate{"Feature", *feature};
  return std::nullopt;
}

} // namespace spec_kitty
