// Events and batches for the tests of the server's core.
#pragma once

#include "app/server/core/batch.hpp"
#include "app/server/core/replies.hpp"
#include "messages/event.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace spec_kitty::server {

inline std::string id_of(int number) {
  const std::string text = std::to_string(number);
  return "01J" + std::string(23 - text.size(), '0') + text;
}

/// Members of an event; empty ones are left out.
struct event_parts {
  std::string id = id_of(1);
  std::string clock{}; ///< empty: of its own for each id, 7 for the first
  std::string team = R"("acme")";
  std::string type = "WPStatusChanged";
  std::string payload = R"({"wp_id":"WP01","previous_status":"planned","new_status":"doing"})";
  std::string time = "2026-02-03T04:05:06.000007Z";
  std::string more{}; ///< begins with a comma
};

/// A stamp that no other of these ids has.
inline std::string clock_of(const std::string& id) {
  const auto digits = id.find_first_not_of('0', 3);
  const bool numbered = id.starts_with("01J") && digits != std::string::npos &&
                        id.find_first_not_of("0123456789", digits) == std::string::npos &&
                        id.size() - digits < 9;
  return std::to_string(6 + (numbered ? std::stoi(id.substr(digits)) : 1));
}

inline std::string event_text(const event_parts& parts = {}) {
  std::string text = R"({"event_id":")" + parts.id + R"(","lamport_clock":)" +
                     (parts.clock.empty() ? clock_of(parts.id) : parts.clock) +
                     R"(,"node_id":"0123456789ab")";
  if (!parts.team.empty())
    text += R"(,"team_slug":)" + parts.team;
  return text + R"(,"event_type":")" + parts.type +
         R"(","aggregate_id":"WP01","aggregate_type":"WorkPackage","payload":)" + parts.payload +
         R"(,"causation_id":null,"timestamp":")" + parts.time + '"' + parts.more + "}";
}

inline std::string batch_text(const std::vector<std::string>& events) {
  std::string text;
  for (const std::string& event : events)
    text += (text.empty() ? "" : ",") + event;
  return R"({"events":[)" + text + "]}";
}

inline batch_rules acme_rules(std::size_t max_events = 1000) {
  batch_rules rules;
  rules.team_slug = "acme";
  rules.max_events = max_events;
  return rules;
}

/// The batch, which must not be refused as a whole.
inline event_batch taken(const std::string& body, const batch_rules& rules = acme_rules()) {
  auto read = read_batch(body, rules);
  if (auto* refused = std::get_if<batch_refusal>(&read)) {
    ADD_FAILURE() << refused->status << " " << refused->message << "\n" << body;
    return {};
  }
  return std::move(std::get<event_batch>(read));
}

/// The refusal of a whole batch; status 0 where it is taken.
inline batch_refusal refused(const std::string& body, const batch_rules& rules = acme_rules()) {
  auto read = read_batch(body, rules);
  auto* found = std::get_if<batch_refusal>(&read);
  return found == nullptr ? batch_refusal{0, "taken", {}, 0} : *found;
}

/// The verdict on one event by itself: `ok`, or the code and where.
inline std::string verdict_of(const std::string& event, const batch_rules& rules = acme_rules()) {
  const event_batch batch = taken(batch_text({event}), rules);
  if (batch.events().size() != 1)
    return "?";
  const auto& found = batch.events()[0].refused;
  return found ? std::string(to_string(found->why)) + " " + found->pointer : "ok";
}

} // namespace spec_kitty::server
