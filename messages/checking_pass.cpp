#include "messages/checking_pass.hpp"

#include "messages/event.hpp"
#include "util/json_bytes.hpp"
#include "util/timestamp.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace spec_kitty {

namespace {

constexpr std::size_t max_plain_number = 32; ///< bytes; a longer one is judged by json_number
constexpr std::size_t max_further_keys = 16; ///< besides those that the contract names
constexpr std::string_view simple_escapes = "\"\\bfnrt"; ///< which are written as they are read

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool is_ascii_digit(char c) {
  return c >= '0' && c <= '9';
}

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), is_ascii_digit);
}

bool fits_form(text_form form, std::string_view text) {
  switch (form) {
  case text_form::any:
    return true;
  case text_form::work_package:
    return is_work_package_id(text);
  case text_form::feature_number:
    return text.size() >= 3 && text.size() <= 6 && all_digits(text);
  case text_form::feature_slug:
    return !text.empty() && text.find_first_of("/\\") == std::string_view::npos;
  case text_form::date_time:
    return parse_date_time(text).has_value();
  case text_form::unknown:
    break;
  }
  return false;
}

/// A text as it stands between its quotes. Escapes in it only make a rule say no to what fits.
bool fits_field(const payload_field& rule, std::string_view text) {
  return (rule.takes & takes_text) != 0 && !(rule.not_empty && text.empty()) &&
         (rule.max_bytes == 0 || text.size() <= rule.max_bytes) &&
         (rule.choices.empty() ||
          std::find(rule.choices.begin(), rule.choices.end(), text) != rule.choices.end()) &&
         fits_form(rule.form, text);
}

} // namespace

void checking_pass::skip_blanks() {
  if (at_ == end_ || !is_blank(*at_))
    return;
  const char* const from = at_;
  while (at_ != end_ && is_blank(*at_))
    ++at_;
  if (compact_ == nullptr)
    return;
  compact_->append(not_copied_, from);
  not_copied_ = at_;
}

bool checking_pass::text(std::string_view& found, bool& escaped) {
  if (!take('"'))
    return false;
  const char* const from = at_;
  for (;;) {
    at_ = end_of_plain_bytes(at_, end_);
    if (at_ == end_)
      return false;
    if (*at_ == '"')
      break;
    if (*at_ != '\\' || end_ - at_ < 2 || simple_escapes.find(at_[1]) == std::string_view::npos)
      return false;
    escaped = true;
    at_ += 2;
  }
  found = {from, static_cast<std::size_t>(at_ - from)};
  ++at_;
  return true;
}

bool checking_pass::key(std::string_view& found) {
  if (!plain_text(found))
    return false;
  skip_blanks();
  if (!take(':'))
    return false;
  skip_blanks();
  return true;
}

/// Digits, perhaps a sign and a fraction; no exponent.
bool checking_pass::number(bool& natural) {
  const char* const from = at_;
  natural = !take('-');
  if (at_ == end_ || !is_ascii_digit(*at_))
    return false;
  if (!take('0'))
    while (at_ != end_ && is_ascii_digit(*at_))
      ++at_;
  if (take('.')) {
    natural = false;
    const char* const fraction = at_;
    while (at_ != end_ && is_ascii_digit(*at_))
      ++at_;
    if (at_ == fraction)
      return false;
  }
  return static_cast<std::size_t>(at_ - from) <= max_plain_number &&
         (at_ == end_ || (*at_ != 'e' && *at_ != 'E'));
}

/// Of texts, numbers and words.
bool checking_pass::list(text_form items) {
  ++at_;
  skip_blanks();
  if (take(']'))
    return true;
  for (;;) {
    std::string_view entry;
    bool escaped = false;
    bool natural = false;
    if (at_ != end_ && *at_ == '"') {
      if (!text(entry, escaped) || !fits_form(items, entry))
        return false;
    } else if (items != text_form::any ||
               (!word("null") && !word("true") && !word("false") && !number(natural))) {
      return false;
    }
    skip_blanks();
    if (take(']'))
      return true;
    if (!take(','))
      return false;
    skip_blanks();
  }
}

bool checking_pass::text_value(const payload_field* rule, std::string_view name,
                               plain_payload& found) {
  std::string_view text_found;
  bool escaped = false;
  if (!text(text_found, escaped) || (rule != nullptr && !fits_field(*rule, text_found)))
    return false;
  auto* const kept = name == "wp_id"          ? &found.wp_id
                     : name == "feature_slug" ? &found.feature_slug
                                              : nullptr;
  if (kept == nullptr)
    return true;
  *kept = text_found;
  return !escaped;
}

bool checking_pass::value(const payload_field* rule, std::string_view name, plain_payload& found) {
  if (at_ == end_)
    return false;
  const auto may_be = [&](std::uint8_t kind) {
    return rule == nullptr || (rule->takes & kind) != 0;
  };
  bool natural = false;
  switch (*at_) {
  case '"':
    return text_value(rule, name, found);
  case '[':
    return may_be(takes_list) && list(rule == nullptr ? text_form::any : rule->items);
  case 'n':
    return word("null") && may_be(takes_null);
  case 't':
    return rule == nullptr && word("true");
  case 'f':
    return rule == nullptr && word("false");
  default:
    return number(natural) && may_be(takes_integer) && (rule == nullptr || natural);
  }
}

bool checking_pass::payload(const payload_table& table, plain_payload& found) {
  found.compact.clear();
  compact_ = &found.compact;
  not_copied_ = at_;
  if (!payload_members(table, found))
    return false;
  found.compact.append(not_copied_, at_);
  compact_ = nullptr;
  return true;
}

bool checking_pass::payload_members(const payload_table& table, plain_payload& found) {
  found.wp_id.reset();
  found.feature_slug.reset();
  if (!take('{'))
    return false;
  std::array<std::string_view, max_further_keys> further;
  std::size_t further_keys = 0;
  std::uint32_t seen = 0;
  do {
    skip_blanks();
    std::string_view name;
    if (!key(name))
      return false;
    const auto rule = std::find_if(table.fields.begin(), table.fields.end(),
                                   [&](const payload_field& field) { return field.name == name; });
    const bool known = rule != table.fields.end();
    const auto bit = 1U << (known ? static_cast<unsigned>(rule - table.fields.begin()) : 0U);
    if (known ? (seen & bit) != 0
              : further_keys == further.size() ||
                    std::find(further.begin(), further.begin() + further_keys, name) !=
                        further.begin() + further_keys)
      return false; // a key twice, or so many that they are not compared here
    if (known)
      seen |= bit;
    else
      further[further_keys++] = name;
    if (!value(known ? &*rule : nullptr, name, found))
      return false;
    skip_blanks();
  } while (take(','));
  if (!take('}'))
    return false;
  for (std::size_t i = 0; i < table.fields.size(); ++i)
    if (table.fields[i].required && (seen & (1U << i)) == 0)
      return false;
  return true;
}

bool checking_pass::line_member(std::string_view name, line_members& seen, plain_line& found) {
  if (name == "event_type" && seen.table == nullptr)
    return plain_text(found.event_type) &&
           (seen.table = payload_table_of(found.event_type)) != nullptr;
  if (name == "payload" && seen.table != nullptr && found.payload.compact.empty())
    return payload(*seen.table, found.payload);
  if (name == "aggregate_id" && !std::exchange(seen.aggregate, true))
    return plain_text(found.aggregate_id.emplace());
  if (name == "causation_id" && !std::exchange(seen.causation, true))
    return word("null") || plain_text(found.causation_id.emplace());
  if (name == "feature_slug" && !std::exchange(seen.feature, true))
    return word("null") || plain_text(found.feature_slug.emplace());
  return false;
}

bool checking_pass::line(plain_line& found) {
  found.payload.compact.clear();
  found.causation_id.reset();
  found.aggregate_id.reset();
  found.feature_slug.reset();
  line_members seen;
  skip_blanks();
  if (!take('{'))
    return false;
  do {
    skip_blanks();
    std::string_view name;
    if (!key(name) || !line_member(name, seen, found))
      return false;
    skip_blanks();
  } while (take(','));
  return take('}') && !found.payload.compact.empty();
}

} // namespace spec_kitty
