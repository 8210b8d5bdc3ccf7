// Odd results with 200. Where a lie does not say otherwise the server has kept the events, but
// for those that it calls pending.
#include "app/chaos/proxy/lies.hpp"

#include "messages/protocol.hpp"
#include "util/json.hpp"

#include <algorithm>

namespace spec_kitty::chaos {

namespace {

using results = std::vector<std::string>; // each a JSON object

constexpr const char* foreign_result =
    R"({"event_id":"01ARZ3NDEKTSV4RRFFQ69G5FAV","status":"success"})";

std::string with_status(const std::string& id, const std::string& status_json) {
  return R"({"event_id":")" + id + R"(","status":)" + status_json + "}";
}

/// The reply's results, as they are.
results results_of(const http_text& reply) {
  results out;
  const auto body = parse_json(reply.body);
  const json_value* list = body && body->IsObject() ? member(*body, "results") : nullptr;
  if (list != nullptr && list->IsArray())
    for (const auto& result_entry : list->GetArray())
      out.push_back(to_text(result_entry));
  return out;
}

std::string body_of(const results& list, const std::string& more = {}) {
  std::string out = R"({"results":[)";
  for (std::size_t i = 0; i < list.size(); ++i)
    out += (i == 0 ? "" : ",") + list[i];
  return out + "]" + more + "}";
}

/// A refusal is passed on unchanged.
template <class Change>
fault_list changed(Change change, std::string_view type = "application/json") {
  exchange_fault out;
  out.path = protocol::batch_path;
  out.times = 0;
  out.change = [change, type](const exchange& asked, const http_text& reply) {
    return reply.status() == 200 ? reply_text(200, change(asked, results_of(reply)), type)
                                 : reply.raw;
  };
  return {out};
}

template <class Change>
fault_list list_changed(Change change) {
  return changed([change](const exchange&, results list) { return body_of(change(list)); });
}

/// Every result with that status, a JSON value.
fault_list status_of_all(const std::string& status_json) {
  return changed([status_json](const exchange& asked, const results&) {
    results list;
    for (const auto& event : asked.events)
      list.push_back(with_status(event.event_id, status_json));
    return body_of(list);
  });
}

fault_list not_yet(const std::string& status_json) {
  exchange_fault out;
  out.path = protocol::batch_path;
  out.times = 0;
  out.instead = [status_json](const exchange& asked) {
    results list;
    for (const auto& event : asked.events)
      list.push_back(with_status(event.event_id, status_json));
    return std::optional(reply_text(200, body_of(list)));
  };
  return {out};
}

/// That body, and no event is kept.
fault_list none_kept(const std::string& body) {
  return {always(protocol::batch_path, reply_text(200, body))};
}

/// The first half is pending, the second half is not mentioned, and no event is kept.
fault_list half_pending() {
  exchange_fault out;
  out.path = protocol::batch_path;
  out.times = 0;
  out.instead = [](const exchange& asked) {
    results list;
    for (std::size_t i = 0; i < asked.events.size() / 2; ++i)
      list.push_back(with_status(asked.events[i].event_id, "\"pending\""));
    return std::optional(reply_text(200, body_of(list)));
  };
  return {out};
}

fault_list clock(const std::string& json) {
  return changed([json](const exchange&, const results& list) {
    return body_of(list, R"(,"server_clock":)" + json);
  });
}

} // namespace

std::uint64_t claimed_clock(std::uint64_t drawn) {
  return 10000 + drawn % 1000000;
}

std::span<const lie> result_list_lies() {
  static constexpr lie all[] = {
      {"results are empty", 0,
       [](std::uint64_t) { return list_changed([](const results&) { return results(); }); }},
      {"half of the results are missing", 0,
       [](std::uint64_t) {
         return list_changed([](results list) {
           list.resize(list.size() / 2);
           return list;
         });
       }},
      {"results for events that were not sent", 0,
       [](std::uint64_t) {
         return list_changed([](results list) {
           list.insert(list.begin(), foreign_result);
           list.emplace_back(foreign_result);
           return list;
         });
       }},
      {"only results for events that were not sent", 0,
       [](std::uint64_t) {
         return list_changed([](const results&) {
           return results{foreign_result, foreign_result};
         });
       }},
      {"results backwards", 0,
       [](std::uint64_t) {
         return list_changed([](results list) {
           std::reverse(list.begin(), list.end());
           return list;
         });
       }},
      {"results that are not objects", 0,
       [](std::uint64_t) {
         return list_changed(
             [](const results&) { return results{"null", "1", "\"x\"", "[]", "{}", "true"}; });
       }},
      {"a second result, an error", 0,
       [](std::uint64_t) {
         return changed([](const exchange& asked, results list) {
           for (const auto& event : asked.events)
             list.push_back(with_status(event.event_id, "\"error\""));
           return body_of(list);
         });
       }},
      {"an unknown status, then success", 0,
       [](std::uint64_t) {
         return changed([](const exchange& asked, results list) {
           for (const auto& event : asked.events)
             list.insert(list.begin(), with_status(event.event_id, "\"maybe\""));
           return body_of(list);
         });
       }},
  };
  return all;
}

std::span<const lie> result_status_lies() {
  static constexpr lie all[] = {
      {"an unknown status", 0, [](std::uint64_t) { return status_of_all("\"maybe\""); }},
      {"a status in capitals", 0, [](std::uint64_t) { return status_of_all("\"SUCCESS\""); }},
      {"a status of null", 0, [](std::uint64_t) { return status_of_all("null"); }},
      {"a status of 200", 0, [](std::uint64_t) { return status_of_all("200"); }},
      {"status accepted", 0, [](std::uint64_t) { return status_of_all("\"accepted\""); }},
      {"status warning", 0, [](std::uint64_t) { return status_of_all("\"warning\""); }},
      {"status duplicate", 0, [](std::uint64_t) { return status_of_all("\"duplicate\""); }},
      {"status pending", 0, [](std::uint64_t) { return not_yet("\"pending\""); }},
      {"status queued", 0, [](std::uint64_t) { return not_yet("\"queued\""); }},
  };
  return all;
}

std::span<const lie> nothing_kept_lies() {
  static constexpr lie all[] = {
      {"nothing kept, results are empty", 0,
       [](std::uint64_t) { return none_kept(R"({"results":[]})"); }},
      {"nothing kept, results are missing", 0, [](std::uint64_t) { return none_kept("{}"); }},
      {"nothing kept, null", 0, [](std::uint64_t) { return none_kept("null"); }},
      {"nothing kept, no body", 0, [](std::uint64_t) { return none_kept(""); }},
      {"nothing kept, results for others", 0,
       [](std::uint64_t) {
         return none_kept(body_of({foreign_result, foreign_result}));
       }},
      {"nothing kept, half is pending", 0, [](std::uint64_t) { return half_pending(); }},
      {"nothing kept, an unknown status", 0, [](std::uint64_t) { return not_yet("\"maybe\""); }},
      {"nothing kept, a status in capitals", 0,
       [](std::uint64_t) { return not_yet("\"SUCCESS\""); }},
      {"nothing kept, a status of true", 0, [](std::uint64_t) { return not_yet("true"); }},
  };
  return all;
}

std::span<const lie> result_text_lies() {
  static constexpr lie all[] = {
      {"truncated JSON", 0,
       [](std::uint64_t) {
         return changed([](const exchange&, const results& list) {
           auto body = body_of(list);
           body.resize(body.size() - std::min<std::size_t>(body.size(), 8));
           return body;
         });
       }},
      {"a wrong content type", 0,
       [](std::uint64_t) {
         return changed([](const exchange&, const results& list) { return body_of(list); },
                        "text/plain");
       }},
      {"results that are not UTF-8", 0,
       [](std::uint64_t) {
         return changed([](const exchange&, const results&) {
           return std::string("{\"results\":[{\"event_id\":\"\xff\xfe\"}]}");
         });
       }},
  };
  return all;
}

std::span<const lie> server_clock_lies() {
  static constexpr lie all[] = {
      {"a server clock of 2^53", 0, [](std::uint64_t) { return clock("9007199254740992"); }},
      {"a server clock just below 2^53", 0,
       [](std::uint64_t) { return clock("9007199254740990"); }},
      {"a server clock of 2^64", 0, [](std::uint64_t) { return clock("18446744073709551616"); }},
      {"a server clock of 1e300", 0, [](std::uint64_t) { return clock("1e300"); }},
      {"a negative server clock", 0, [](std::uint64_t) { return clock("-1"); }},
      {"a server clock in words", 0, [](std::uint64_t) { return clock("\"soon\""); }},
      {"a server clock of null", 0, [](std::uint64_t) { return clock("null"); }},
      {"a server clock far ahead", needs_server_clock,
       [](std::uint64_t drawn) { return clock(std::to_string(claimed_clock(drawn))); }},
  };
  return all;
}

} // namespace spec_kitty::chaos
