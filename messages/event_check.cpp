#include "messages/event_check.hpp"

#include "messages/checking_pass.hpp"
#include "messages/event.hpp"
#include "util/text.hpp"
#include "util/timestamp.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace spec_kitty {

namespace {

/// The members that the contract or docs/protocol.md name, in the order of the bits that note them.
constexpr std::array<std::string_view, 13> event_member_names = {
    "event_id",     "event_type",    "aggregate_id", "aggregate_type", "payload",
    "node_id",      "lamport_clock", "timestamp",    "team_slug",      "causation_id",
    "feature_slug", "project_uuid",  "project_slug"};
constexpr std::uint32_t required_members = 0x1FF; ///< the first nine
constexpr std::size_t max_further_members = 8;

} // namespace

struct checking_pass::event_members {
  std::uint32_t seen = 0; ///< a bit for each of event_member_names
  std::array<std::string_view, max_further_members> further;
  std::size_t further_members = 0;
  std::string_view aggregate_id;
  std::string_view aggregate_type;
  plain_payload payload;

  /// False where the member was seen before, or where there are too many to compare.
  bool note(std::string_view name) {
    const auto* const known = std::find(event_member_names.begin(), event_member_names.end(), name);
    if (known != event_member_names.end()) {
      const auto bit = 1U << static_cast<unsigned>(known - event_member_names.begin());
      const bool fresh = (seen & bit) == 0;
      seen |= bit;
      return fresh;
    }
    auto* const end = further.begin() + further_members;
    if (further_members == further.size() || std::find(further.begin(), end, name) != end)
      return false;
    further[further_members++] = name;
    return true;
  }
};

bool checking_pass::optional_text(std::string_view& found, bool& is_null) {
  is_null = word("null");
  return is_null || plain_text(found);
}

/// A text, a number or a word: members that only other programs know.
bool checking_pass::scalar() {
  std::string_view skipped;
  bool flag = false;
  if (at_ != end_ && *at_ == '"')
    return text(skipped, flag);
  return word("null") || word("true") || word("false") || number(flag);
}

bool checking_pass::event_member(std::string_view name, event_members& seen, plain_event& found) {
  std::string_view value;
  bool is_null = false;
  if (name == "event_id")
    return plain_text(found.event_id) && is_ulid(found.event_id);
  if (name == "event_type")
    return plain_text(found.event_type);
  if (name == "aggregate_id")
    return plain_text(seen.aggregate_id) && !seen.aggregate_id.empty();
  if (name == "aggregate_type")
    return plain_text(seen.aggregate_type);
  if (name == "node_id")
    return plain_text(found.node_id) && is_event_node_id(found.node_id);
  if (name == "team_slug")
    return plain_text(found.team_slug) && !found.team_slug.empty() &&
           found.team_slug.size() <= max_team_slug;
  if (name == "timestamp")
    return plain_text(value) && is_utc_event_time(value);
  if (name == "causation_id")
    return optional_text(value, is_null) && (is_null || is_ulid(value));
  if (name == "feature_slug")
    return optional_text(value, is_null);
  if (name == "project_uuid")
    return optional_text(value, is_null) && (is_null || is_uuid(value));
  if (name == "project_slug")
    return optional_text(value, is_null) && (is_null || !value.empty());
  if (name == "lamport_clock") {
    const char* const from = at_;
    bool natural = false;
    if (!number(natural) || !natural)
      return false;
    const auto clock = whole_number<std::uint64_t>({from, static_cast<std::size_t>(at_ - from)});
    found.lamport_clock = clock.value_or(0);
    return found.lamport_clock >= 1 && found.lamport_clock <= max_lamport;
  }
  if (name == "payload") {
    const payload_table* const table = payload_table_of(found.event_type);
    const char* const from = at_;
    if (table == nullptr || !payload_members(*table, seen.payload))
      return false;
    found.payload = {from, static_cast<std::size_t>(at_ - from)};
    return true;
  }
  return scalar();
}

bool checking_pass::event(plain_event& found) {
  found = {};
  const char* const from = at_;
  event_members seen;
  if (!take('{'))
    return false;
  do {
    const char* const member_from = at_;
    std::string_view name;
    if (!plain_text(name) || !take(':') || !seen.note(name) || !event_member(name, seen, found))
      return false;
    const std::string_view whole(member_from, static_cast<std::size_t>(at_ - member_from));
    if (name == "lamport_clock")
      found.clock_member = whole;
    else if (name == "team_slug")
      found.team_member = whole;
  } while (take(','));
  if (!take('}') || (seen.seen & required_members) != required_members)
    return false;
  found.text = {from, static_cast<std::size_t>(at_ - from)};
  return seen.aggregate_type == "WorkPackage" ? is_work_package_id(seen.aggregate_id)
                                              : seen.aggregate_type == "Feature";
}

bool is_event_node_id(std::string_view text) {
  return text.size() == 12 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_utc_event_time(std::string_view text) {
  constexpr std::size_t max_fraction = 9;
  if (!parse_date_time(text))
    return false;
  const std::size_t zone = text.find_first_of("Zz+-", 19);
  const std::size_t fraction = zone == 19 ? 0 : zone - 20;
  const std::string_view offset = text.substr(zone);
  return fraction <= max_fraction &&
         (offset.size() == 1 || offset == "+00:00" || offset == "-00:00");
}

bool check_plain_event(std::string_view text, plain_event& found) {
  return checking_pass(text).event(found);
}

} // namespace spec_kitty
