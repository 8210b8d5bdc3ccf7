#include "app/server/actors/ingest.hpp"

#include "app/server/actors/answers.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace spec_kitty::server {

namespace {

constexpr epoch_us types_max_age = 5'000'000;
constexpr double events_burst_seconds = 10;
constexpr std::size_t max_idle_teams = 10'000;

rate events_rate(const service_limits& limits) {
  const auto per_second = static_cast<double>(limits.team.events_per_second);
  return {per_second, per_second * events_burst_seconds};
}

ingest_refusal busy_refusal(int status, std::string message) {
  return {status, std::move(message), "busy", {}, 0, 1};
}

} // namespace

std::optional<ingest_refusal> ingest_state::judge(const ingest_ticket& ticket) {
  const service_limits& limits = context->options.limits;
  const team_queue& queue = teams[ticket.sender().team];
  if (open_batches >= limits.waiting_batches ||
      open_bytes + ticket.size().bytes > limits.waiting_bytes) {
    context->metrics.refused_busy.add();
    return busy_refusal(503, "too many batches are waiting: try again");
  }
  if (queue.open >= limits.team_waiting_batches) {
    context->metrics.refused_busy.add();
    return busy_refusal(429, "too many batches of this team are waiting: try again");
  }
  if (limits.team.bytes > 0 && queue.text_bytes >= limits.team.bytes) {
    context->metrics.refused_quota.add();
    return ingest_refusal{429,
                          "the team has no space left: its limit is limits.team.bytes",
                          "limits.team.bytes",
                          {},
                          0,
                          600};
  }
  return std::nullopt;
}

void ingest_state::take(const ingest_call& asked) {
  const auto& ticket = asked.ticket;
  const store::team_id team = ticket->sender().team;
  if (teams.size() >= max_idle_teams)
    std::erase_if(teams, [](const auto& entry) { return entry.second.open == 0; });
  ticket->began = context->steady();
  if (auto refused = judge(*ticket))
    return ticket->refuse(std::move(*refused));
  team_queue& queue = teams[team];
  read_types(team, queue);
  if (const auto wait = queue.events.take(events_rate(context->options.limits), ticket->began)) {
    context->metrics.refused_quota.add();
    return ticket->refuse({429,
                           "the team sends too many events: its limit is "
                           "limits.team.events_per_second",
                           "limits.team.events_per_second",
                           {},
                           0,
                           static_cast<unsigned>(*wait / 1'000'000 + 1)});
  }
  ++queue.open;
  ++open_batches;
  open_bytes += ticket->size().bytes;
  ticket->on_close([handle = ingest_actor(self)](const ticket_size& size) {
    caf::anon_send(handle, ticket_closed{size});
  });
  ticket->types = queue.types;
  turns->arrived(team, std::max<std::size_t>(ticket->size().bytes, 1), prepare_call{ticket});
  context->metrics.waiting_batches.add(1);
  hand_out();
}

void ingest_state::close(const ticket_size& size) {
  team_queue& queue = teams[size.team];
  queue.open -= std::min<std::size_t>(queue.open, 1);
  --open_batches;
  open_bytes -= std::min(open_bytes, size.bytes);
  if (size.events > 1)
    queue.events.charge(events_rate(context->options.limits), context->steady(),
                        static_cast<double>(size.events - 1));
  context->metrics.waiting_bytes.set(static_cast<std::int64_t>(open_bytes));
  hand_out();
}

void ingest_state::take_worker(const worker_is_free& done) {
  free_workers.push_back(done.worker);
  turns->done(done.team);
  open_bytes += done.more_bytes;
  context->metrics.waiting_bytes.set(static_cast<std::int64_t>(open_bytes));
  hand_out();
}

template <class Answer>
void ingest_state::take_answer(const Answer& found) {
  turns->continued(found.ticket->sender().team, found);
  hand_out();
}

/// What is unpacked and waits for the store is bounded too; one batch is always worked on.
bool ingest_state::has_space() const {
  return open_bytes <= context->options.limits.waiting_bytes || turns->all_are_free();
}

void ingest_state::hand_out() {
  while (auto next = turns->next(has_space())) {
    if (std::holds_alternative<prepare_call>(*next))
      context->metrics.waiting_batches.add(-1);
    const std::size_t worker = free_workers.back();
    free_workers.pop_back();
    std::visit([&](auto& what) { self->send(workers[worker], std::move(what)); }, *next);
  }
}

void ingest_state::read_types(store::team_id team, team_queue& queue) {
  const epoch_us now = context->steady();
  if (queue.types_read != 0 && now - queue.types_read < types_max_age)
    return;
  queue.types_read = std::max<epoch_us>(now, 1);
  if (context->options.limits.team.bytes > 0)
    context->engine().heads(
        {team}, context->store_deadline(),
        [handle = ingest_actor(self)](const result<std::vector<store::team_head>>& heads) {
          if (heads)
            caf::anon_send(handle, team_news{*heads});
        });
  const auto found = context->accounts().event_types(team);
  if (!found)
    return; // those of before stay
  std::string all;
  for (const store::team_event_type& type : *found)
    all.append(type.name).append("\n").append(type.schema).append("\n");
  const std::size_t mark = std::hash<std::string>{}(all);
  if (mark == queue.types_mark && queue.types)
    return;
  queue.types_mark = mark;
  auto types = std::make_shared<custom_types>();
  for (const store::team_event_type& type : *found)
    (void)types->add(type.name, type.schema); // checked when it was added to the team
  queue.types = std::move(types);
}

ingest_actor::behavior_type ingest(ingest_actor::stateful_pointer<ingest_state> self,
                                   context_ptr context) {
  install_handlers(self);
  auto& state = self->state;
  state.context = std::move(context);
  state.self = self;
  for (std::size_t place = 0; place < state.context->options.workers; ++place) {
    state.workers.push_back(self->template spawn<caf::linked + caf::detached>(
        ingest_worker, state.context, ingest_actor(self), place));
    state.free_workers.push_back(place);
  }
  state.turns.emplace(state.workers.size());
  return {
      [self](const ingest_call& asked) { self->state.take(asked); },
      [self](const ticket_closed& closed) { self->state.close(closed.size); },
      [self](const worker_is_free& done) { self->state.take_worker(done); },
      [self](const commit_answer& found) { self->state.take_answer(found); },
      [self](const compare_answer& found) { self->state.take_answer(found); },
      [self](const team_news& news) {
        for (const store::team_head& head : news.heads)
          if (const auto team = self->state.teams.find(head.team); team != self->state.teams.end())
            team->second.text_bytes = head.text_bytes;
      },
  };
}

} // namespace spec_kitty::server
