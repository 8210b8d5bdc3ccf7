// The simulated server's batches, and the ways in which their answers can be wrong.
#include "app/chaos/simulation/server.hpp"

#include "util/gzip.hpp"

#include <array>

namespace spec_kitty::chaos::simulation {

namespace {

constexpr std::size_t max_batch_bytes = std::size_t{1} << 24;

std::string result_for(const std::string& id, std::string_view status,
                       const std::string& more = {}) {
  return R"({"event_id":")" + id + R"(","status":")" + std::string(status) + "\"" + more + "}";
}

} // namespace

http_reply simulated_server::batch(const http_request& request, const simulated_exchange_fault& how,
                                   const owner& from) {
  const auto text = gunzip(request.body, max_batch_bytes);
  const auto body = text ? parse_json(*text) : spec_kitty::result<json_document>(failure{});
  const json_value* list = body ? member(*body, "events") : nullptr;
  if (list == nullptr || !list->IsArray())
    return answered(400, R"({"error":"no list of events"})");
  std::vector<sent_event> events;
  for (const auto& element : list->GetArray())
    events.push_back(read_event(element));
  bool is_theirs = true;
  for (const auto& event : events) {
    seen_.sendings.push_back({view_.name, from.team, event.what.team});
    is_theirs = is_theirs && event.what.team == from.team;
  }
  if (!is_theirs)
    return answered(403, R"({"error":"an event of another team"})");
  return results(events, how, from);
}

http_reply simulated_server::results(std::vector<sent_event>& events,
                                     const simulated_exchange_fault& how, const owner& from) {
  // What refuses the whole batch. Of a batch of one the client cannot but blame that one.
  if (how.is(action::status_413) || how.is(action::unnamed_refusal)) {
    if (events.size() == 1)
      blame(events.front().what.marker);
    const std::string limits =
        how.a % 3 == 0 ? R"(,"limits":{"max_events":)" + std::to_string(1 + how.b % 4) + "}" : "";
    return how.is(action::status_413) ? answered(413, R"({"error":"too much")" + limits + "}")
                                      : answered(how.a % 2 == 0 ? 400 : 422, R"({"error":"no"})");
  }
  std::string named;
  bool unnamed = false;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const auto found = guilty_.find(events[i].what.marker);
    unnamed = unnamed || (found != guilty_.end() && found->second == action::guilty_unnamed);
    const bool this_time = how.is(action::named_refusal) && (how.picks(i) || events.size() == 1);
    if (this_time)
      blame(events[i].what.marker);
    if (this_time || (found != guilty_.end() && found->second == action::guilty_by_name))
      named += (named.empty() ? "" : ",") +
               (R"({"event_id":")" + events[i].what.event_id + R"(","message":"named"})");
  }
  if (!named.empty())
    return answered(400, R"({"error":"some are refused","details":[)" + named + "]}");
  if (unnamed) // what is sent with it is split off, and never blamed
    return answered(400, R"({"error":"something is refused"})");

  if (how.is(action::clock_behind))
    clock_ += 1 + how.b % 1000;
  std::string list;
  const auto add = [&](const std::string& text) {
    if (!text.empty())
      list += (list.empty() ? "" : ",") + text;
  };
  if (how.is(action::alien_results))
    add(result_for("01ARZ3NDEKTSV4RRFFQ69G5FAV", "success"));
  std::set<std::string> behind_nodes;
  for (std::size_t i = 0; i < events.size(); ++i)
    add(result_of(events[i], i, how, from, behind_nodes));
  if (how.is(action::second_results))
    for (const auto& event : events)
      add(result_for(event.what.event_id, how.a % 2 == 0 ? "error" : "success"));
  if (how.is(action::no_results))
    return answered(200, R"({"fine":true})");
  return answered(200, R"({"results":[)" + list + "]" + server_clock(how) + "}");
}

std::string simulated_server::result_of(const sent_event& event, std::size_t index,
                                        const simulated_exchange_fault& how, const owner& from,
                                        std::set<std::string>& behind_nodes) {
  const std::string& id = event.what.event_id;
  const bool kept_before = ids_.contains(id);
  if (!kept_before && guilty_.contains(event.what.marker))
    return result_for(id, index % 2 == 0 ? "error" : "rejected", R"(,"error_message":"refused")");
  // One that is behind takes along what follows it from its node, which would pass it otherwise.
  if (!kept_before && (is_taken(event, from) || behind_nodes.contains(event.what.node_id))) {
    behind_nodes.insert(event.what.node_id);
    return result_for(id, "error", R"(,"error_code":"clock_behind")");
  }
  if (!kept_before && is_out_of_reach(event)) {
    blame(event.what.marker);
    return result_for(id, "rejected", R"(,"error_code":"clock_ahead")");
  }
  const bool odd = how.picks(index);
  if (how.is(action::clock_behind) && !kept_before && event.what.lamport_clock < clock_)
    return result_for(id, "error", R"(,"error_code":"clock_behind")");
  if (!odd || how.keeps(index) || kept_before)
    keep(event, from);
  if (odd && how.is(action::omitted_results))
    return {};
  if (odd && how.is(action::pending))
    return result_for(id, index % 2 == 0 ? "pending" : "queued");
  if (odd && how.is(action::unknown_status))
    return result_for(id, "perhaps");
  keep(event, from);
  if (kept_before)
    return result_for(id, "duplicate");
  return result_for(id, std::array{"success", "accepted", "warning"}[index % 3]);
}

std::string simulated_server::server_clock(const simulated_exchange_fault& how) {
  if (how.is(action::absurd_clock))
    return std::array{R"(,"server_clock":9007199254740991)", R"(,"server_clock":-4)",
                      R"(,"server_clock":"soon")", R"(,"server_clock":18446744073709551615)",
                      R"(,"server_clock":1.5)"}[how.a % 5];
  return chance_.one_in(2) ? R"(,"server_clock":)" + std::to_string(clock_) : "";
}

} // namespace spec_kitty::chaos::simulation
