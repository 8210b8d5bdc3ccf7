#include "messages/event.hpp"

#include "util/json_bytes.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

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

std::string work_package_meant(std::string_view typed) {
  const auto is_letter = [](char c, char small) { return c == small || c == small - 'a' + 'A'; };
  std::string_view digits = typed;
  if (typed.size() > 2 && is_letter(typed[0], 'w') && is_letter(typed[1], 'p'))
    digits.remove_prefix(typed[2] == '-' || typed[2] == '_' ? 3 : 2);
  const bool meant = (digits.size() == 1 || digits.size() == 2) &&
                     std::all_of(digits.begin(), digits.end(), is_digit);
  return meant ? std::string(digits.size() == 1 ? "WP0" : "WP").append(digits) : std::string(typed);
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

constexpr std::size_t max_escaped_bytes = 6; ///< that one byte of a text becomes: \u00XX
constexpr std::size_t max_literal_bytes =
    256; ///< of an event: names, punctuation, quotes, a number

std::optional<std::string_view> view_of(const std::optional<std::string>& text) {
  return text ? std::optional<std::string_view>(*text) : std::nullopt;
}

/// Appends to a text that is made large enough once: an event has some fifty pieces, and growing
/// for each took as long as copying them.
class json_text {
public:
  json_text(std::string& to, std::size_t max_bytes) : to_(to) {
    const std::size_t from = to.size();
    to.resize(from + max_bytes);
    at_ = to.data() + from;
  }
  ~json_text() { to_.resize(static_cast<std::size_t>(at_ - to_.data())); }
  json_text(const json_text&) = delete;
  json_text& operator=(const json_text&) = delete;

  /// A literal of the source: its size is known, so that it is copied without a call.
  template <std::size_t Size>
  json_text& literal(const char (&bytes)[Size]) {
    std::memcpy(at_, bytes, Size - 1);
    at_ += Size - 1;
    return *this;
  }
  json_text& json(std::string_view bytes) {
    at_ += bytes.copy(at_, bytes.size());
    return *this;
  }
  json_text& number(std::uint64_t value) {
    at_ = std::to_chars(at_, at_ + max_digits, value).ptr;
    return *this;
  }
  json_text& text(std::string_view value) {
    const char* const end = value.data() + value.size();
    if (end_of_plain_bytes(value.data(), end) == end)
      return literal("\"").json(value).literal("\"");
    json_buffer buffer;
    json_writer writer(buffer);
    put(writer, value);
    return json({buffer.GetString(), buffer.GetSize()});
  }
  json_text& text_or_null(std::optional<std::string_view> value) {
    return value ? text(*value) : literal("null");
  }

private:
  static constexpr std::size_t max_digits = 20; ///< of 64 bits
  std::string& to_;
  char* at_;
};

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
  const std::size_t texts = event_id.size() + node_id.size() + team_slug.size();
  json_text(to, max_literal_bytes + max_escaped_bytes * texts)
      .literal("{\"event_id\":")
      .text(event_id)
      .literal(",\"lamport_clock\":")
      .number(lamport_clock)
      .literal(",\"node_id\":")
      .text(node_id)
      .literal(",\"team_slug\":")
      .text(team_slug);
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
  const auto feature = view_of(draft.feature_slug);
  const auto uuid = view_of(draft.project_uuid);
  const auto slug = view_of(draft.project_slug);
  const std::size_t texts = draft.event_type.size() + draft.aggregate_id.size() +
                            draft.aggregate_type.size() + causation_id.value_or("").size() +
                            feature.value_or("").size() + draft.timestamp.size() +
                            uuid.value_or("").size() + slug.value_or("").size();
  json_text out(to, max_literal_bytes + max_escaped_bytes * texts + draft.payload.size());
  out.literal(",\"event_type\":").text(draft.event_type); // continues the object of the head
  out.literal(",\"aggregate_id\":").text(draft.aggregate_id);
  out.literal(",\"aggregate_type\":").text(draft.aggregate_type);
  out.literal(",\"payload\":").json(draft.payload);
  out.literal(",\"causation_id\":").text_or_null(causation_id);
  if (feature)
    out.literal(",\"feature_slug\":").text(*feature);
  out.literal(",\"timestamp\":").text(draft.timestamp);
  out.literal(",\"project_uuid\":").text_or_null(uuid);
  out.literal(",\"project_slug\":").text_or_null(slug).literal("}");
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
