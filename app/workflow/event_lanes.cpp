#include "app/workflow/event_lanes.hpp"

#include "app/workflow/text_lines.hpp"
#include "messages/event.hpp"
#include "util/files.hpp"
#include "util/json.hpp"
#include "util/timestamp.hpp"

#include <array>
#include <utility>

namespace spec_kitty::workflow {

namespace {

constexpr std::size_t max_log_bytes = std::size_t{64} << 20;
constexpr const char* log_name = "status.events.jsonl";

constexpr std::array<std::pair<std::string_view, std::string_view>, 10> lanes_by_state = {
    {{"planned", "planned"},
     {"claimed", "doing"},
     {"in_progress", "doing"},
     {"doing", "doing"},
     {"blocked", "doing"},
     {"for_review", "for_review"},
     {"in_review", "for_review"},
     {"approved", "done"},
     {"done", "done"},
     {"canceled", "done"}}};

} // namespace

result<std::optional<std::map<std::string, std::string>>>
read_event_states(const repository& repo, const std::filesystem::path& feature_folder) {
  const auto text = repo.files().read(feature_folder / log_name, max_log_bytes);
  if (!text)
    return input_failure(text.error());
  if (!*text)
    return std::optional<std::map<std::string, std::string>>{};
  std::map<std::string, std::string> states;
  std::map<std::string, std::pair<epoch_us, std::string>> latest; ///< time and id
  std::string_view rest = **text;
  while (!rest.empty()) { // logs of two branches may be joined in any order
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const auto entry = parse_json(line);
    if (!entry || !entry->IsObject())
      continue;
    const auto wp = text_of(*entry, "wp_id");
    const auto state = text_of(*entry, "to_lane");
    if (!wp || !state || !is_work_package_id(*wp))
      continue;
    const auto at = parse_date_time(text_of(*entry, "at").value_or("")); // in any zone
    std::pair<epoch_us, std::string> moment = {at.value_or(0),
                                               text_of(*entry, "event_id").value_or("")};
    const auto known = latest.find(*wp);
    if (known == latest.end() || moment >= known->second) {
      latest[*wp] = std::move(moment);
      states[*wp] = printable(*state);
    }
  }
  return std::optional(std::move(states));
}

std::string_view lane_of_state(std::string_view state) {
  for (const auto& [name, lane] : lanes_by_state)
    if (name == state)
      return lane;
  return "planned";
}

result<void> require_own_lanes(const feature& feature_ref) {
  if (!feature_ref.has_event_states())
    return {};
  return failure{ec::blocked,
                 "the lanes of " + feature_ref.slug() + " are kept in " +
                     (feature_ref.folder() / log_name).string() +
                     ", which this program only reads; change them with the program that writes it",
                 feature_ref.command("agent tasks status")};
}

} // namespace spec_kitty::workflow
