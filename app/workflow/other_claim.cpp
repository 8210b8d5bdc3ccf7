#include "app/workflow/other_claim.hpp"

#include "util/text.hpp"
#include "util/utf8.hpp"

#include <chrono>

namespace spec_kitty::workflow {

namespace {

constexpr std::size_t max_name_bytes = 80;

/// The claim that one event makes; nothing where it is about something else.
std::optional<other_claim> claim_in(const json_value& event, const std::string& slug,
                                    const std::string& wp) {
  const auto type = text_of(event, "event_type").value_or("");
  const auto* payload = member(event, "payload");
  if (payload == nullptr || !payload->IsObject() || text_of(*payload, "wp_id") != wp ||
      (type != "WPStatusChanged" && type != "WPAssigned"))
    return std::nullopt;
  const auto named = text_of(event, "feature_slug");
  if ((named ? named : text_of(*payload, "feature_slug")) != slug)
    return std::nullopt;
  other_claim claim;
  claim.name = text_of(*payload, type == "WPAssigned" ? "agent_id" : "changed_by").value_or("");
  claim.node = text_of(event, "node_id").value_or("");
  claim.lane = text_of(*payload, "new_status").value_or("");
  claim.at = parse_date_time(text_of(event, "timestamp").value_or("")).value_or(0);
  return claim;
}

} // namespace

std::optional<other_claim> last_other_claim(const json_value& reply, const std::string& slug,
                                            const std::string& wp, const std::string& own_node) {
  const auto* events = reply.IsObject() ? member(reply, "events") : nullptr;
  if (events == nullptr || !events->IsArray())
    return std::nullopt;
  std::optional<other_claim> last;
  for (const auto& entry : events->GetArray()) {
    if (!entry.IsObject())
      continue;
    const auto* inner = member(entry, "event");
    auto claim = claim_in(inner != nullptr && inner->IsObject() ? *inner : entry, slug, wp);
    if (!claim)
      continue;
    if (const auto by = text_of(entry, "by"); by && !by->empty())
      claim->name = *by;
    last = std::move(claim);
  }
  if (!last || last->node == own_node || last->lane == "planned")
    return std::nullopt;
  return last;
}

std::string claim_words(const other_claim& claim, const std::string& wp, epoch_us now) {
  const bool takes = claim.lane.empty() || claim.lane == "doing";
  return printable(claim.name.empty() ? "somebody" : claim.name, max_name_bytes) +
         (takes ? " took " + wp : " moved " + wp + " to " + printable(claim.lane)) + " " +
         duration_words(std::chrono::microseconds(now - claim.at)) + " ago on node " +
         printable(claim.node, max_name_bytes);
}

} // namespace spec_kitty::workflow
