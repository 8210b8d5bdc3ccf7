#include "actors/batch_sync/response.hpp"

#include "actors/auth/tokens.hpp"
#include "messages/json.hpp"

#include <unordered_map>

namespace spec_kitty {

namespace {

constexpr std::size_t longest_message = 2000; ///< of a server's words that are kept

std::optional<fate> fate_of(const std::string& status) {
  static const std::unordered_map<std::string, fate> known = {
      {"success", fate::delivered},   {"accepted", fate::delivered}, {"warning", fate::delivered},
      {"duplicate", fate::duplicate}, {"pending", fate::pending},    {"queued", fate::pending},
      {"error", fate::rejected},      {"rejected", fate::rejected}};
  const auto found = known.find(status);
  return found == known.end() ? std::nullopt : std::optional(found->second);
}

/// The results list of a 200 reply; the first valid result for an event counts.
void read_results(const json_value& list, batch_reply& out) {
  std::unordered_map<std::string, verdict*> open;
  for (auto& verdict : out.verdicts)
    open.emplace(verdict.event_id, &verdict);
  std::size_t alien = 0;
  std::size_t repeated = 0;
  for (const auto& entry : list.GetArray()) {
    const std::string id = text_of(entry, "event_id").value_or("");
    const std::string status = text_of(entry, "status").value_or("");
    const auto found = open.find(id);
    const auto said = fate_of(status);
    if (found == open.end()) {
      ++alien;
    } else if (!said) {
      out.warnings.push_back("unknown status \"" + excerpt(status) + "\" for " + id +
                             " is ignored");
    } else if (found->second == nullptr) {
      ++repeated;
    } else {
      verdict& target = *found->second;
      target.what = *said;
      if (*said == fate::rejected) {
        target.message = message_of(entry);
        if (target.message.empty())
          target.message = "refused without a reason";
      }
      found->second = nullptr;
    }
  }
  if (alien > 0)
    out.warnings.push_back(std::to_string(alien) + " results for events that were not sent");
  if (repeated > 0)
    out.warnings.push_back(std::to_string(repeated) + " second results for the same event");
}

} // namespace

std::string message_of(const json_value& object) {
  std::string best;
  for (const char* name : {"detail", "error", "reason", "error_message"})
    if (auto text = text_of(object, name); text && text->size() > best.size())
      best = *text; // generic words are short ("rejected"); the specific message is the longest
  return excerpt(best, longest_message);
}

batch_reply interpret(const http_reply& reply, std::span<const leased_event> sent) {
  batch_reply out;
  out.verdicts.reserve(sent.size());
  for (const auto& event : sent)
    out.verdicts.push_back({event.seq, event.event_id, fate::kept, {}});
  out.why = transport_failure(reply, "event batch");
  if (reply.outcome != http_outcome::answered) {
    // A request that took all its time is not tried again: a hung server ends the run.
    out.retryable =
        reply.outcome == http_outcome::unreachable || reply.outcome == http_outcome::broken;
    return out;
  }
  const auto body = reply.content_type == "application/json" ? parse_json(reply.body)
                                                             : result<json_document>(failure{});
  switch (reply.status) {
  case 200: {
    const json_value* results = body ? member(*body, "results") : nullptr;
    if (results == nullptr || !results->IsArray())
      return out;
    out.kind = reply_kind::results;
    const auto clock = member(*body, "server_clock");
    if (clock != nullptr && clock->IsUint64())
      out.server_clock = clock->GetUint64();
    else if (clock != nullptr && !clock->IsNull())
      out.warnings.push_back("the server's clock " + excerpt(to_text(*clock)) +
                             " is no whole number; it is ignored");
    read_results(*results, out);
    return out;
  }
  case 401:
    out.kind = reply_kind::unauthorized;
    out.why = {ec::login_required, "the server does not accept the session",
               "run: spec-kitty auth login"};
    return out;
  case 403:
    out.kind = reply_kind::forbidden;
    out.why = {ec::held,
               "the server forbids this team's events" +
                   (body && body->IsObject() ? ": " + message_of(*body) : std::string()),
               "ask the server's operator; the events are kept"};
    return out;
  case 412:
    out.kind = reply_kind::upgrade;
    out.why = {ec::upgrade_required, "the server wants another version of spec-kitty",
               body ? text_of(*body, "upgrade_guidance").value_or("") : ""};
    return out;
  default:
    out.retryable = reply.status == 408 || reply.status >= 500;
    if (body && body->IsObject() && !message_of(*body).empty())
      out.why.message += ": " + message_of(*body);
    return out;
  }
}

} // namespace spec_kitty
