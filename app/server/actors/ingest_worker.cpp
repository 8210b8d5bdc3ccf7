#include "app/server/actors/answers.hpp"
#include "app/server/actors/ingest.hpp"
#include "messages/foreign_event.hpp"
#include "util/gzip.hpp"

#include <algorithm>
#include <utility>

namespace spec_kitty::server {

namespace {

constexpr std::size_t free_unpacked_bytes = std::size_t{1} << 20; ///< whatever the ratio is

/// The body as JSON text, or why it cannot be read.
std::variant<std::string, ingest_refusal> unpack(ingest_ticket& ticket,
                                                 const service_limits& limits) {
  std::string body = ticket.take_body();
  const auto too_large = [&limits] {
    return ingest_refusal{413, "the batch is too large", "too_large", "max_batch_bytes",
                          limits.batch_bytes};
  };
  if (!ticket.is_packed()) {
    if (body.size() > limits.batch_bytes)
      return too_large();
    return body;
  }
  const std::size_t by_ratio =
      std::max(free_unpacked_bytes, body.size() * limits.compression_ratio);
  auto text = gunzip(body, std::min(limits.batch_bytes, by_ratio));
  if (text)
    return std::move(*text);
  // gunzip has one code for both causes; only its message shows which it is.
  if (text.error().message.find("is larger than") == std::string::npos)
    return ingest_refusal{400, "the body cannot be unpacked: " + text.error().message, "invalid"};
  if (by_ratio < limits.batch_bytes)
    return ingest_refusal{413, "the body unpacks to too many bytes for its size", "too_large"};
  return too_large();
}

ingest_refusal refusal_of(const batch_refusal& why) {
  const std::string code = why.status == 413 ? "too_large" : why.status == 403 ? "team" : "invalid";
  return {why.status, why.message, code, why.limit, why.limit_value};
}

store_verdict verdict_of(const store::outcome& found) {
  using what = store_verdict::what;
  switch (found.what) {
  case store::verdict::stored:
    return {what::stored, found.lamport, {}, 0};
  case store::verdict::duplicate:
    return {what::duplicate, found.lamport, {}, 0};
  case store::verdict::behind:
    return {what::behind, 0, {}, found.taken_ms};
  case store::verdict::ahead:
    return {what::ahead, 0, {}, 0};
  case store::verdict::differs:
    break;
  }
  return {what::conflict, found.lamport, {}, 0};
}

/// The event that is n-th of those that went to the store.
const batch_event& stored_event_at(const event_batch& batch, std::size_t n) {
  for (const batch_event& event : batch.events())
    if (event.goes_to_store() && n-- == 0)
      return event;
  return batch.events().back();
}

} // namespace

void ingest_worker_state::refuse(ingest_ticket& ticket, ingest_refusal why) {
  context->metrics.batches_refused.add();
  ticket.refuse(std::move(why));
}

void ingest_worker_state::prepare(const std::shared_ptr<ingest_ticket>& ticket) {
  const service_limits& limits = context->options.limits;
  std::size_t more_bytes = 0;
  auto text = unpack(*ticket, limits);
  ticket->body_hold.reset();
  if (auto* refused = std::get_if<ingest_refusal>(&text)) {
    refuse(*ticket, std::move(*refused));
  } else {
    batch_rules rules{ticket->sender().team_slug, ticket->types.get(), limits.batch_events};
    auto read = read_batch(std::move(std::get<std::string>(text)), rules);
    if (const auto* unreadable = std::get_if<batch_refusal>(&read)) {
      refuse(*ticket, refusal_of(*unreadable));
    } else {
      ticket->batch = std::make_shared<event_batch>(std::move(std::get<event_batch>(read)));
      more_bytes = ticket->batch->bytes();
      ticket->note_more_bytes(more_bytes);
      ticket->note_events(ticket->batch->events().size());
      commit(ticket);
    }
  }
  is_free(*ticket, more_bytes);
}

void ingest_worker_state::is_free(const ingest_ticket& of, std::size_t more_bytes) {
  self->send(boss, worker_is_free{place, of.sender().team, more_bytes});
}

void ingest_worker_state::commit(const std::shared_ptr<ingest_ticket>& ticket) {
  const caller& sender = ticket->sender();
  const auto answer = [handle = boss, ticket](result<store::committed> outcome) {
    caf::anon_send(handle, commit_answer{ticket, std::make_shared<result<store::committed>>(
                                                     std::move(outcome))});
  };
  store::batch kept{sender.team, sender.account, sender.credential, context->wall(),
                    {},          ticket->batch};
  for (const batch_event& event : ticket->batch->events())
    if (event.goes_to_store())
      kept.events.push_back(
          {*parse_ulid(event.id), event.node_id, event.lamport_clock, event.leaf, event.kept});
  if (!kept.events.empty()) {
    std::vector<store::batch> submission;
    submission.push_back(std::move(kept));
    context->engine().commit(std::move(submission), context->store_deadline(), answer);
    return;
  }
  context->engine().heads({sender.team}, context->store_deadline(),
                          [answer](result<std::vector<store::team_head>> heads) {
                            if (heads)
                              answer(store::committed{{{}}, std::move(*heads)});
                            else
                              answer(heads.error());
                          });
}

void ingest_worker_state::take_outcome(const commit_answer& found) {
  ingest_ticket& ticket = *found.ticket;
  if (!*found.outcome) {
    const failure& why = found.outcome->error();
    if (why.code == ec::store_busy)
      context->metrics.refused_busy.add();
    return refuse(ticket, store_refusal(why));
  }
  const store::committed& done = **found.outcome;
  for (const store::team_head& head : done.heads)
    if (head.team == ticket.sender().team)
      ticket.server_clock = head.max_lamport;
  for (const store::outcome& outcome : done.batches.at(0)) {
    ticket.stored.push_back(verdict_of(outcome));
    if (outcome.what == store::verdict::differs)
      ticket.to_compare.push_back(ticket.stored.size() - 1);
  }
  compare_next(found.ticket);
}

/// Leaves differ: perhaps it is the same event in another writing.
void ingest_worker_state::compare_next(const std::shared_ptr<ingest_ticket>& ticket) {
  if (ticket->to_compare.empty())
    return finish(*ticket);
  const batch_event& event = stored_event_at(*ticket->batch, ticket->to_compare.back());
  context->engine().find(
      ticket->sender().team, *parse_ulid(event.id), context->store_deadline(),
      [handle = boss, ticket](result<store::found_event> found) {
        caf::anon_send(handle, compare_answer{ticket, std::make_shared<result<store::found_event>>(
                                                          std::move(found))});
      });
}

void ingest_worker_state::compare(const compare_answer& found) {
  ingest_ticket& ticket = *found.ticket;
  if (!*found.found && found.found->error().code != ec::not_found)
    return refuse(ticket, store_refusal(found.found->error()));
  const std::size_t at = ticket.to_compare.back();
  ticket.to_compare.pop_back();
  const bool has_text = *found.found && (*found.found)->has_text;
  const std::string differing =
      has_text ? differing_field((*found.found)->text, stored_event_at(*ticket.batch, at).kept)
               : std::string("its text, which is no longer kept");
  if (differing.empty())
    ticket.stored[at] = {store_verdict::what::duplicate, (*found.found)->lamport, {}, 0};
  else
    ticket.stored[at].differing_member = differing;
  compare_next(found.ticket);
}

void ingest_worker_state::finish(ingest_ticket& ticket) {
  ingest_answer answer;
  answer.batch = ticket.batch;
  answer.verdicts = complete_verdicts(*ticket.batch, ticket.stored);
  answer.server_clock = ticket.server_clock;
  const verdict_counts counts = count(answer.verdicts);
  auto& metrics = context->metrics;
  metrics.batches.add();
  metrics.events_success.add(counts.success);
  metrics.events_duplicate.add(counts.duplicate);
  metrics.events_rejected.add(counts.rejected);
  metrics.batch_seconds.add(
      static_cast<std::uint64_t>(std::max<epoch_us>(context->steady() - ticket.began, 0)));
  ticket.answer(std::move(answer));
}

ingest_worker_actor::behavior_type
ingest_worker(ingest_worker_actor::stateful_pointer<ingest_worker_state> self, context_ptr context,
              ingest_actor boss, std::size_t place) {
  install_handlers(self);
  self->state.context = std::move(context);
  self->state.boss = std::move(boss);
  self->state.place = place;
  self->state.self = self;
  return {
      [self](const prepare_call& asked) { self->state.prepare(asked.ticket); },
      [self](const commit_answer& found) {
        self->state.take_outcome(found);
        self->state.is_free(*found.ticket);
      },
      [self](const compare_answer& found) {
        self->state.compare(found);
        self->state.is_free(*found.ticket);
      },
  };
}

} // namespace spec_kitty::server
