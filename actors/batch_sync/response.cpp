#include "actors/batch_sync/response.hpp"

#include "actors/batch_sync/ordered_results.hpp"
#include "actors/http/offer_reply.hpp"
#include "actors/http/transport_failure.hpp"
#include "util/json.hpp"

#include <algorithm>
#include <unordered_map>

namespace spec_kitty {

namespace {

constexpr std::size_t max_server_message_bytes = 2000; ///< of a server's message that are kept

/// The results list of a 200 reply; the first valid result for an event counts.
void read_results(const json_value& list, batch_reply& out) {
  std::unordered_map<std::string, verdict*> open;
  for (auto& verdict : out.verdicts)
    open.emplace(verdict.event_id.str(), &verdict);
  std::size_t unknown = 0;
  std::size_t repeated = 0;
  std::size_t without_outcome = 0;
  for (const auto& entry : list.GetArray()) {
    const std::string id = text_of(entry, "event_id").value_or("");
    const std::string status = text_of(entry, "status").value_or("");
    const auto found = open.find(id);
    const auto outcome = outcome_of(status);
    if (found == open.end()) {
      ++unknown;
    } else if (!outcome) {
      if (++without_outcome == 1)
        out.warnings.push_back("unknown status \"" + excerpt(status) + "\" for " + id +
                               " is ignored");
    } else if (found->second == nullptr) {
      ++repeated;
    } else {
      verdict& target = *found->second;
      found->second = nullptr;
      const bool refused = *outcome == event_outcome::rejected;
      const std::string code = refused ? text_of(entry, "error_code").value_or("") : std::string();
      if (code == "clock_behind") {
        const std::string why = message_of(entry);
        if (out.behind.empty() && !why.empty())
          out.warnings.push_back("events get new stamps: " + excerpt(why, 200) +
                                 "; if this comes again, run: spec-kitty clock renew");
        out.behind.push_back(target.seq);
        target.message = "the server's clock is ahead of this event's";
        continue;
      }
      target.what = refused ? refusal_of(code) : *outcome;
      if (refused) {
        target.message = message_of(entry);
        if (target.message.empty())
          target.message = "refused without a reason";
      }
    }
  }
  if (without_outcome > 1)
    out.warnings.push_back(std::to_string(without_outcome - 1) +
                           " more results with an unknown status are ignored");
  if (unknown > 0)
    out.warnings.push_back(std::to_string(unknown) + " results for events that were not sent");
  if (repeated > 0)
    out.warnings.push_back(std::to_string(repeated) +
                           " further results for an event that already has one");
}

/// The entries of a 400's `details`: a list, a JSON list in a string, or an object of id to
/// message.
std::vector<std::pair<std::string, std::string>> named_events(const json_value& body) {
  std::vector<std::pair<std::string, std::string>> named;
  const json_value* details = member(body, "details");
  json_document unpacked;
  if (details != nullptr && details->IsString()) {
    auto parsed = parse_json({details->GetString(), details->GetStringLength()});
    if (!parsed)
      return named;
    unpacked = std::move(*parsed);
    details = &unpacked;
  }
  if (details != nullptr && details->IsArray())
    for (const auto& entry : details->GetArray())
      if (const auto id = text_of(entry, "event_id"))
        named.emplace_back(*id, message_of(entry));
  if (details != nullptr && details->IsObject())
    for (const auto& entry : details->GetObject())
      named.emplace_back(entry.name.GetString(),
                         entry.value.IsString() ? entry.value.GetString() : to_text(entry.value));
  return named;
}

/// A 400 or 422: named when it names at least one event that was sent.
void read_refusal(const json_value& body, batch_reply& out) {
  out.kind = reply_kind::unnamed;
  out.why = {ec::rejected, "the server refused the batch", {}};
  const std::string general = message_of(body);
  if (!general.empty())
    out.why.message = general;
  const auto named = named_events(body);
  const std::unordered_map<std::string, std::string> messages(named.begin(), named.end());
  for (auto& verdict : out.verdicts) {
    const auto found = messages.find(verdict.event_id.str());
    if (found == messages.end())
      continue;
    out.kind = reply_kind::named;
    verdict.what = event_outcome::rejected;
    verdict.message =
        found->second.empty() ? out.why.message : excerpt(found->second, max_server_message_bytes);
  }
}

/// A 412, with the server's own message and guidance.
failure upgrade_failure(const json_value& body) {
  failure why{ec::upgrade_required, "the server requires another version of spec-kitty",
              "all events are kept; update spec-kitty, or ask the server's operator"};
  if (auto text = text_of(body, "error_description"); text && !text->empty())
    why.message += ": " + excerpt(*text, max_server_message_bytes);
  else if (auto general = message_of(body); !general.empty())
    why.message += ": " + general;
  if (auto guidance = text_of(body, "upgrade_guidance"); guidance && !guidance->empty())
    why.hint = excerpt(*guidance, max_server_message_bytes);
  return why;
}

/// The server's message as it follows one of ours; empty when it sent none.
std::string detail_in(const json_value* body) {
  const std::string words = body == nullptr ? std::string() : message_of(*body);
  return words.empty() ? words : ": " + words;
}

/// A 403: the account may only read, or the team is not this account's.
failure forbidden_failure(const json_value& body) {
  if (text_of(body, "error_code") == "role")
    return {ec::held, "this account may read the team's events, not send any" + detail_in(&body),
            "ask an admin of the team for the role member; the events are kept. Try again: "
            "spec-kitty sync now"};
  return {ec::held, "the server forbids this team's events" + detail_in(&body),
          "ask the server's operator; the events are kept. Try again: spec-kitty sync now"};
}

/// A 200: the results and the server's clock. Without a list of results it counts as a failure.
void read_success(const json_value& body, batch_reply& out) {
  const json_value* results = member(body, "results");
  if (results == nullptr || !results->IsArray())
    return;
  out.kind = reply_kind::results;
  const auto clock = member(body, "server_clock");
  if (clock != nullptr && clock->IsUint64())
    out.server_clock = clock->GetUint64();
  else if (clock != nullptr && !clock->IsNull())
    out.warnings.push_back("the server's clock " + excerpt(to_text(*clock)) +
                           " is not a whole number; it is ignored");
  read_results(*results, out);
}

} // namespace

std::string message_of(const json_value& object) {
  std::string best;
  for (const char* name : {"detail", "error", "reason", "error_message"})
    if (auto text = text_of(object, name); text && text->size() > best.size())
      best = *text; // generic words are short ("rejected"); the specific message is the longest
  return excerpt(best, max_server_message_bytes);
}

batch_reply interpret(const http_reply& reply, std::span<const leased_event> sent) {
  const bool taken = reply.outcome == http_outcome::answered && reply.status == 200;
  const auto ordered = taken ? read_ordered_results(reply.body, sent) : std::nullopt;
  if (!ordered)
    return interpret_any(reply, sent);
  http_reply rest;
  rest.outcome = reply.outcome;
  rest.status = reply.status;
  rest.content_type = reply.content_type;
  rest.body = ordered->rest;
  batch_reply out = interpret_any(rest, sent);
  if (out.kind == reply_kind::results)
    for (std::size_t i = 0; i < sent.size(); ++i)
      out.verdicts[i].what = ordered->outcomes[i];
  return out;
}

batch_reply interpret_any(const http_reply& reply, std::span<const leased_event> sent) {
  batch_reply out;
  out.verdicts.reserve(sent.size());
  for (const auto& event : sent)
    out.verdicts.push_back({event.seq, event.event_id, event_outcome::kept, {}});
  out.why = transport_failure(reply, "event batch");
  if (reply.outcome == http_outcome::too_long) {
    out.kind = reply_kind::too_long;
    return out;
  }
  if (reply.outcome != http_outcome::answered) {
    // A request that took all its time is not tried again: a hung server ends the run.
    out.retryable = reply.outcome == http_outcome::unreachable ||
                    (reply.outcome == http_outcome::proxy_failed && reply.status < 400) ||
                    reply.outcome == http_outcome::broken;
    return out;
  }
  const auto body = server_object(reply);
  const json_value* object = body ? &*body : nullptr;
  out.by_server = object != nullptr;
  if (object != nullptr)
    out.limits = read_limits(*object);
  // What is not the server's own can slow a run down or make its batches smaller, nothing else.
  const bool for_anybody = reply.status == 413 || reply.status == 429;
  if (object == nullptr && !for_anybody) {
    out.retryable = reply.status == 408 || reply.status >= 500;
    return out;
  }
  switch (reply.status) {
  case 200:
    read_success(*object, out);
    return out;
  case 401:
    out.kind = reply_kind::unauthorized;
    out.why = {ec::login_required, "the server does not accept the session",
               "run: spec-kitty auth login"};
    return out;
  case 400:
  case 422:
    read_refusal(*object, out);
    return out;
  case 403:
    out.kind = reply_kind::forbidden;
    out.why = forbidden_failure(*object);
    return out;
  case 412:
    out.kind = reply_kind::upgrade;
    out.why = upgrade_failure(*object);
    return out;
  case 413:
    out.kind = reply_kind::too_large;
    if (object != nullptr)
      out.why = {ec::transport, "the server refuses a batch of this size" + detail_in(object), {}};
    return out;
  case 429:
    out.kind = reply_kind::slow_down;
    out.retry_after = reply.retry_after;
    if (const auto date = parse_http_date(reply.date))
      out.replied_at = *date * 1000000;
    out.why = {ec::transport, "the server asks to slow down" + detail_in(object),
               "all events are kept; try again later: spec-kitty sync now"};
    return out;
  default:
    out.retryable = reply.status == 408 || reply.status >= 500;
    out.why.message += detail_in(object);
    return out;
  }
}

} // namespace spec_kitty
