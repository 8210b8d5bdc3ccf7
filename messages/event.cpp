#include "messages/event.hpp"

#include "util/json_bytes.hpp"

#include <algorithm>

namespace spec_kitty {

namespace {

constexpr std::string_view intent_prefix = "in";

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

namespace {

/// Text that stands in JSON as it is.
bool is_plain(std::string_view text) {
  const char* const end = text.data() + text.size();
  return end_of_plain_bytes(text.data(), end) == end;
}

/// Appends `"name":"text"`. Nearly every text is plain and only copied: half of the time of an
/// append went into writing it character by character.
void add(std::string& out, std::string_view name, std::string_view text) {
  out += '"';
  out.append(name).append("\":", 2);
  if (is_plain(text)) {
    out += '"';
    out += text;
    out += '"';
    return;
  }
  json_buffer buffer;
  json_writer writer(buffer);
  put(writer, text);
  out.append(buffer.GetString(), buffer.GetSize());
}

void add(std::string& out, std::string_view name, std::optional<std::string_view> text) {
  if (text)
    add(out, name, *text);
  else
    out.append(1, '"').append(name).append("\":null");
}

} // namespace

std::string make_intent_key(std::string_view intent, std::size_t number) {
  return std::string(intent_prefix).append(intent).append(std::to_string(number));
}

bool is_intent_key(std::string_view text) {
  constexpr std::size_t number_at = intent_prefix.size() + 26;
  return text.size() > number_at && text.size() <= number_at + 6 &&
         text.starts_with(intent_prefix) && is_ulid(text.substr(intent_prefix.size(), 26)) &&
         std::all_of(text.begin() + number_at, text.end(), is_digit);
}

std::string render_head(const event_stamp& stamp, std::string_view team_slug) {
  std::string head;
  head.reserve(128 + team_slug.size());
  append_head(head, stamp.event_id, stamp.lamport_clock, stamp.node_id, team_slug);
  return head;
}

void append_head(std::string& to, std::string_view event_id, std::uint64_t lamport_clock,
                 std::string_view node_id, std::string_view team_slug) {
  to += '{';
  add(to, "event_id", event_id);
  to.append(",\"lamport_clock\":").append(std::to_string(lamport_clock)).append(1, ',');
  add(to, "node_id", node_id);
  to += ',';
  add(to, "team_slug", team_slug);
}

std::string render_tail(const event_draft& draft) {
  return render_tail(draft, draft.causation_id);
}

std::string render_tail(const event_draft& draft, const std::optional<std::string>& causation_id) {
  std::string tail;
  tail.reserve(320 + draft.payload.size() + draft.aggregate_id.size());
  append_tail(tail, draft, causation_id);
  return tail;
}

void append_tail(std::string& to, const event_draft& draft,
                 std::optional<std::string_view> causation_id) {
  to += ','; // continues the object that the head opened
  add(to, "event_type", std::string_view(draft.event_type));
  to += ',';
  add(to, "aggregate_id", std::string_view(draft.aggregate_id));
  to += ',';
  add(to, "aggregate_type", std::string_view(draft.aggregate_type));
  to.append(",\"payload\":").append(draft.payload).append(1, ',');
  add(to, "causation_id", causation_id);
  to += ',';
  if (draft.feature_slug) {
    add(to, "feature_slug", std::string_view(*draft.feature_slug));
    to += ',';
  }
  add(to, "timestamp", std::string_view(draft.timestamp));
  to += ',';
  add(to, "project_uuid", draft.project_uuid);
  to += ',';
  add(to, "project_slug", draft.project_slug);
  to += '}';
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
