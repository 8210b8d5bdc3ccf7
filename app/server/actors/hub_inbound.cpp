#include "app/server/actors/hub.hpp"
#include "app/server/core/socket_message.hpp"

#include <iterator>
#include <utility>

namespace spec_kitty::server {

namespace {

constexpr std::size_t max_joined_events = 500;
constexpr std::size_t max_joined_bytes = std::size_t{512} << 10;
constexpr std::size_t max_own_events = 10'000;

void send_text(const subscriber& to, std::string text) {
  if (to.channel)
    (void)to.channel->send(std::make_shared<const std::string>(std::move(text)));
}

} // namespace

void hub_state::take_text(const socket_text& text) {
  const auto found = subscribers.find(text.id);
  if (found == subscribers.end())
    return;
  subscriber& from = found->second;
  if (text.message->binary) {
    from.channel->close(1003, "only text messages");
    return;
  }
  socket_message message = read_socket_message(std::move(text.message->text));
  if (message.what == socket_message::kind::ignored)
    return;
  if (message.what == socket_message::kind::resume && from.resumes)
    return take_resume(from, text.id, std::move(message.resume));
  if (message.what == socket_message::kind::resume)
    return send_text(from, error_message({}, "this connection did not ask for resume", "invalid"));
  if (message.what == socket_message::kind::bad)
    return send_text(from, error_message({}, message.trouble, "invalid"));
  if (judge_permission(from.owner->as, action::send_events, true) != permission::granted) {
    context->metrics.refused_permission.add();
    return send_text(from, error_message(message.event_id,
                                         "this account may only read the team's events", "role"));
  }
  if (from.own.size() >= max_own_events)
    from.own.clear(); // it then hears some of its own events
  from.own.insert(message.event_id);
  from.waiting.push_back(
      {std::move(message.event_id), std::move(message.event), text.message->hold});
  send_waiting(text.id);
}

void hub_state::send_waiting(subscriber_id id) {
  subscriber& from = subscribers.at(id);
  const auto ingest = context->ingest.get();
  if (!from.sent.empty() || from.waiting.empty() || !ingest)
    return; // without INGEST they wait for the next message or verdict
  std::string body = R"({"events":[)";
  std::size_t most = max_joined_events;
  if (from.singles > 0) {
    --from.singles;
    most = 1;
  }
  while (!from.waiting.empty() && from.sent.size() < most &&
         (from.sent.empty() || body.size() < max_joined_bytes)) {
    body.append(from.sent.empty() ? "" : ",").append(from.waiting.front().text);
    from.sent.push_back(std::move(from.waiting.front()));
    from.waiting.pop_front();
  }
  body.append("]}");
  self->send(
      ingest,
      ingest_call{std::make_shared<ingest_ticket>(
          from.owner, std::move(body), false, [handle = hub_actor(self), id](ingest_answer answer) {
            caf::anon_send(handle,
                           socket_verdicts{id, std::make_shared<ingest_answer>(std::move(answer))});
          })});
}

/// One event of several may be why all were refused: then each goes alone.
void hub_state::answer_refusal(subscriber& to, const ingest_refusal& why) {
  const bool by_its_events = why.status == 400 || why.status == 403 || why.status == 413;
  if (by_its_events && to.sent.size() > 1) {
    to.singles += to.sent.size();
    to.waiting.insert(to.waiting.begin(), std::make_move_iterator(to.sent.begin()),
                      std::make_move_iterator(to.sent.end()));
    return;
  }
  for (const socket_event& event : to.sent) {
    to.own.erase(event.id);
    if (by_its_events) // else no answer: the client sends it in a batch some seconds later
      send_text(to, error_message(event.id, why.message, why.code));
  }
}

void hub_state::take_verdicts(const socket_verdicts& verdicts) {
  const auto found = subscribers.find(verdicts.id);
  if (found == subscribers.end())
    return;
  subscriber& to = found->second;
  const ingest_answer& answer = *verdicts.answer;
  if (answer.refusal)
    answer_refusal(to, *answer.refusal);
  for (const event_verdict& verdict : answer.verdicts) {
    const std::string id(verdict.event_id);
    if (verdict.status == "success") {
      send_text(to, ack_message(id, "accepted"));
      continue;
    }
    to.own.erase(id);
    send_text(to, verdict.refused
                      ? error_message(id, verdict.refused->message, to_string(verdict.refused->why))
                      : ack_message(id, "duplicate"));
  }
  to.sent.clear();
  send_waiting(verdicts.id);
}

} // namespace spec_kitty::server
