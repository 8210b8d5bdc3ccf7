// Refusals: by name, without one, as too large. Only guilty events are named, and only batches with
// a guilty one are refused without a name; what is refused is not kept.
#include "app/chaos/proxy/lies.hpp"

#include "messages/protocol.hpp"
#include "util/json.hpp"

namespace spec_kitty::chaos {

namespace {

constexpr const char* why = "the word poison is not allowed in entry_content";
constexpr const char* foreign_refusal =
    R"({"event_id":"01ARZ3NDEKTSV4RRFFQ69G5FAV","error":"never heard of it"})";

template <class Answer>
fault_list to_guilty(Answer answer) {
  exchange_fault out;
  out.path = protocol::batch_path;
  out.times = 0;
  out.instead = [answer](const exchange& asked) -> std::optional<std::string> {
    if (!asked.has_guilty())
      return std::nullopt;
    return answer(asked);
  };
  return {out};
}

fault_list refuse(std::string reply) {
  return to_guilty([reply = std::move(reply)](const exchange&) { return reply; });
}

std::string joined_results(const std::vector<std::string>& parts) {
  std::string out;
  for (const auto& part : parts)
    out += (out.empty() ? "" : ",") + part;
  return out;
}

std::string quoted(const std::string& text) {
  json_buffer buffer;
  json_writer out(buffer);
  put(out, text);
  return {buffer.GetString(), buffer.GetSize()};
}

std::vector<std::string> named(const exchange& asked) {
  std::vector<std::string> out;
  for (const auto& event : asked.events)
    if (event.guilty)
      out.push_back(R"({"event_id":")" + event.event_id + R"(","error":")" + why + "\"}");
  return out;
}

std::string refusal(const std::string& details) {
  return reply_text(400, R"({"error":"validation failed","details":)" + details + "}");
}

/// An error for the guilty events, in the field of that name; the others are pending.
fault_list error_under(const std::string& status, const std::string& name,
                       const std::string& words) {
  return to_guilty([=](const exchange& asked) {
    std::vector<std::string> list;
    for (const auto& event : asked.events)
      list.push_back(R"({"event_id":")" + event.event_id + R"(","status":")" +
                     (event.guilty ? status : "pending") + "\"" +
                     (event.guilty && !name.empty() ? ",\"" + name + "\":" + quoted(words) : "") +
                     "}");
    return reply_text(200, R"({"results":[)" + joined_results(list) + "]}");
  });
}

/// 413 for more than a few events in one batch.
fault_list too_many(std::size_t most, const std::string& limits) {
  exchange_fault out;
  out.path = protocol::batch_path;
  out.times = 0;
  out.instead = [most, limits](const exchange& asked) -> std::optional<std::string> {
    if (asked.events.size() <= most)
      return std::nullopt;
    return reply_text(413, R"({"error":"payload too large")" +
                               (limits.empty() ? "" : ",\"limits\":" + limits) + "}");
  };
  return {out};
}

fault_list everything(int status) {
  return {always(protocol::batch_path, reply_text(status, R"({"error":"no"})"))};
}

} // namespace

std::span<const lie> named_refusal_lies() {
  static constexpr lie all[] = {
      {"400 with names in a list", needs_poison_event,
       [](std::uint64_t) {
         return to_guilty([](const exchange& asked) {
           return refusal("[" + joined_results(named(asked)) + "]");
         });
       }},
      {"400 with names in a text", needs_poison_event,
       [](std::uint64_t) {
         return to_guilty([](const exchange& asked) {
           return refusal(quoted("[" + joined_results(named(asked)) + "]"));
         });
       }},
      {"400 with names as keys", needs_poison_event,
       [](std::uint64_t) {
         return to_guilty([](const exchange& asked) {
           std::vector<std::string> keys;
           for (const auto& event : asked.events)
             if (event.guilty)
               keys.push_back("\"" + event.event_id + "\":" + quoted(why));
           return refusal("{" + joined_results(keys) + "}");
         });
       }},
      {"400 with one name at a time", needs_poison_event,
       [](std::uint64_t) {
         return to_guilty(
             [](const exchange& asked) { return refusal("[" + named(asked).front() + "]"); });
       }},
      {"400 with names never sent beside it", needs_poison_event,
       [](std::uint64_t) {
         return to_guilty([](const exchange& asked) {
           return refusal("[" + std::string(foreign_refusal) + ",\"x\",null," +
                          joined_results(named(asked)) + "]");
         });
       }},
      {"error under error_message", needs_poison_event,
       [](std::uint64_t) { return error_under("error", "error_message", why); }},
      {"error under error", needs_poison_event,
       [](std::uint64_t) { return error_under("rejected", "error", why); }},
      {"error under reason", needs_poison_event,
       [](std::uint64_t) { return error_under("rejected", "reason", why); }},
      {"error under detail", needs_poison_event,
       [](std::uint64_t) { return error_under("error", "detail", why); }},
      {"error without a word", needs_poison_event,
       [](std::uint64_t) { return error_under("error", "", ""); }},
      {"error with escape codes", needs_poison_event,
       [](std::uint64_t) { return error_under("error", "error", "\x1b[2J\x1b]0;x\x07\n\r"); }},
      {"error of 100 kB", needs_poison_event,
       [](std::uint64_t) { return error_under("error", "error", std::string(100000, 'x')); }},
  };
  return all;
}

std::span<const lie> unnamed_refusal_lies() {
  static constexpr lie all[] = {
      {"400 without names", needs_poison_event,
       [](std::uint64_t) { return refuse(reply_text(400, R"({"error":"validation failed"})")); }},
      {"400 with only names never sent", needs_poison_event,
       [](std::uint64_t) { return refuse(refusal("[" + std::string(foreign_refusal) + "]")); }},
      {"422", needs_poison_event,
       [](std::uint64_t) { return refuse(reply_text(422, R"({"detail":"no"})")); }},
      {"413 for one event", needs_poison_event,
       [](std::uint64_t) { return refuse(reply_text(413, R"({"error":"payload too large"})")); }},
      {"413 over a few events", 0, [](std::uint64_t drawn) { return too_many(1 + drawn % 5, ""); }},
      {"413 with limits", 0,
       [](std::uint64_t drawn) {
         const auto most = 1 + drawn % 5;
         return too_many(most, R"({"max_events":)" + std::to_string(most) + "}");
       }},
      {"413 with limits of 0 and -1", 0,
       [](std::uint64_t drawn) {
         return too_many(1 + drawn % 5, R"({"max_events":0,"max_bytes":-1})");
       }},
      {"413 with limits in words", 0,
       [](std::uint64_t drawn) {
         return too_many(1 + drawn % 5, R"({"max_events":"x","max_bytes":1e300})");
       }},
      {"413 with limits in a list", 0,
       [](std::uint64_t drawn) { return too_many(1 + drawn % 5, "[1,2]"); }},
      {"400 for everything", needs_large_batch, [](std::uint64_t) { return everything(400); }},
      {"422 for everything", needs_large_batch, [](std::uint64_t) { return everything(422); }},
      {"413 for everything", needs_large_batch, [](std::uint64_t) { return everything(413); }},
  };
  return all;
}

} // namespace spec_kitty::chaos
