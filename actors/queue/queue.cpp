#include "actors/queue/queue.hpp"

#include "actors/clock/foreign_mirror.hpp"
#include "actors/queue/process_mark.hpp"
#include "actors/queue/spill.hpp"

namespace spec_kitty {

namespace {

/// The store itself could not be used: the event can still be kept beside it.
bool calls_for_spill(ec code) {
  switch (code) {
  case ec::store_busy:
  case ec::store_corrupt:
  case ec::store_version:
  case ec::store_full:
  case ec::store_unusable:
  case ec::commit_unknown:
    return true;
  default:
    return false;
  }
}

void answer(pending_reply& who, result<append_receipt> outcome) {
  if (auto* posted = std::get_if<std::shared_ptr<append_callback>>(&who))
    (*posted)->answer(std::move(outcome));
  else
    deliver(std::get<caf::typed_response_promise<append_receipt>>(who), std::move(outcome));
}

} // namespace

queue_state::~queue_state() {
  try {
    give_back_leases();
  } catch (const std::exception&) { // the next QUEUE does
  }
  answer_pending({ec::stopping,
                  "the queue stopped before this event was committed: it may not be "
                  "recorded",
                  {}});
}

result<store*> queue_state::open() {
  if (opened) {
    take_in_spilled();
    return &*opened;
  }
  auto fresh = store::open(config.store, open_mode::write);
  if (!fresh)
    return fresh.error();
  // The mirror first: written after commits, it can then only be ahead when the store lost some.
  const auto mirror = read_mirror(config.store.home);
  const auto value = fresh->clock();
  if (!value)
    return value.error();
  last_clock = *value;
  auto ahead = value_to_recover(mirror, last_clock, fresh->node_id());
  if (!ahead)
    ahead = value_to_inherit(mirror, last_clock, fresh->node_id());
  if (mirror && mirror->node_id != fresh->node_id()) // best effort, as the mirror is
    (void)keep_foreign_mirror(config.store.home, fresh->node_id());
  if (ahead) {
    const auto merged = fresh->merge_clock(*ahead);
    if (!merged)
      return merged.error();
    last_clock = *merged;
  }
  // What was recorded while the store was shut comes before what is recorded now. Should it not
  // fit, it stays where it is, and the status shows it.
  if (const auto taken = fresh->take_in_spill(config.now()); taken && *taken > 0)
    if (const auto after = fresh->clock())
      last_clock = *after;
  opened = std::move(*fresh);
  give_back_leases();
  if (has_clock && (!mirror || mirror->value != last_clock)) // missing, corrupt or behind
    self->send(clock, clock_committed{last_clock, opened->node_id()});
  return &*opened;
}

/// Earlier events first. Should it not work, they stay where they are and the next one tries.
void queue_state::take_in_spilled() {
  if (!spilled_before)
    return;
  const auto taken = opened->take_in_spill(config.now());
  spilled_before = !taken;
  if (!taken || *taken == 0)
    return;
  if (const auto after = opened->clock())
    last_clock = *after;
  if (has_clock)
    self->send(clock, clock_committed{last_clock, opened->node_id()});
}

/// What this home's earlier QUEUE had given out goes back: its transports fell with it.
void queue_state::give_back_leases() {
  if (!config.leases || !opened)
    return;
  for (const std::uint64_t token : config.leases->take_all()) {
    settle_request over;
    over.token = token;
    (void)opened->settle(over, config.now());
  }
}

void queue_state::enqueue(event_draft draft, pending_reply who) {
  drafts.push_back(std::move(draft));
  pending_replies.push_back(std::move(who));
  if (drafts.size() >= max_burst)
    commit();
  else if (drafts.size() == 1)
    self->send(self, commit_burst{});
}

void queue_state::commit() {
  if (drafts.empty())
    return;
  const auto where = open();
  if (!where)
    return spill(where.error(), {});
  auto answers = (*where)->append(drafts, config.now());
  if (!answers)
    return spill(answers.error(), answers.error().code == ec::commit_unknown
                                      ? (*where)->attempted_ids()
                                      : std::vector<std::string>{});
  for (const auto& answer : *answers)
    if (answer)
      last_clock = answer->lamport_clock;
  if (has_clock) // before the receipts, so that who waits for CLOCK after one finds it there
    self->send(clock, clock_committed{last_clock, opened->node_id()});
  for (std::size_t i = 0; i < pending_replies.size(); ++i)
    answer(pending_replies[i], std::move((*answers)[i]));
  drafts.clear();
  pending_replies.clear();
}

void queue_state::spill(const failure& why, const std::vector<std::string>& ids) {
  if (!calls_for_spill(why.code))
    return answer_pending(why);
  const epoch_us now = config.now();
  std::vector<spilled_event> events;
  events.reserve(drafts.size());
  for (auto& draft : drafts) {
    const std::size_t i = events.size();
    events.push_back({std::move(draft), now, i < ids.size() ? ids[i] : std::string()});
  }
  if (auto kept = write_spill(config.store.home, events, now); !kept)
    return answer_pending({why.code,
                           "1 event NOT recorded: " + why.message +
                               "; nor can it be kept beside the "
                               "store: " +
                               kept.error().message,
                           why.hint});
  spilled_before = true;
  for (std::size_t i = 0; i < pending_replies.size(); ++i) {
    append_receipt receipt;
    receipt.event_id = events[i].event_id;
    receipt.spilled = why;
    answer(pending_replies[i], std::move(receipt));
  }
  drafts.clear();
  pending_replies.clear();
}

void queue_state::answer_pending(const failure& why) {
  for (auto& who : pending_replies)
    answer(who, why);
  drafts.clear();
  pending_replies.clear();
}

queue_actor::behavior_type queue(queue_actor::stateful_pointer<queue_state> self,
                                 queue_config config) {
  install_handlers(self);
  auto& state = self->state;
  state.config = std::move(config);
  state.self = self;

  // One store operation: open when needed, run, answer.
  const auto with_store = [self](auto operation) {
    auto where = self->state.open();
    using answer = decltype(operation(**where));
    return reply(where ? operation(**where) : answer(where.error()));
  };
  const auto announce = [self](std::uint64_t value) {
    self->state.last_clock = value;
    if (self->state.has_clock)
      self->send(self->state.clock, clock_committed{value, self->state.opened->node_id()});
  };

  return {
      [self](append_request& request) {
        auto promise = self->make_response_promise<append_receipt>();
        self->state.enqueue(std::move(request.draft), promise);
        return promise;
      },
      [self](append_with_callback& posted) {
        auto draft = std::move(posted.what->draft);
        self->state.enqueue(std::move(draft), std::move(posted.what));
      },
      [self](commit_burst) { self->state.commit(); },
      [self](const clock_actor& clock) {
        auto& st = self->state;
        st.clock = clock;
        st.has_clock = true;
        if (st.opened)
          self->send(clock, clock_committed{st.last_clock, st.opened->node_id()});
      },
      [self](mirror_barrier) -> caf::result<mirror_done> {
        self->state.commit(); // what came before it, and is parked
        if (!self->state.has_clock)
          return mirror_done{};
        return self->delegate(self->state.clock, mirror_reached{});
      },
      [with_store](clock_question) {
        return with_store([](store& s) -> result<clock_value> {
          const auto value = s.clock();
          return value ? result<clock_value>(clock_value{*value}) : value.error();
        });
      },
      [with_store, announce](clock_received received) {
        return with_store([&](store& s) -> result<clock_value> {
          const auto value = s.merge_clock(received.remote);
          if (!value)
            return value.error();
          announce(*value);
          return clock_value{*value};
        });
      },
      [with_store](const due_request& request) {
        return with_store([&](store& s) { return s.due(request); });
      },
      [self, with_store](const lease_request& request) {
        return with_store([&](store& s) {
          auto grant = s.lease(request, this_process(), self->state.config.now());
          if (grant && grant->token != 0 && self->state.config.leases)
            self->state.config.leases->add(grant->token);
          return grant;
        });
      },
      [self, with_store](const settle_request& request) {
        if (self->state.config.leases && request.keep.count() == 0)
          self->state.config.leases->remove(request.token);
        return with_store([&](store& s) { return s.settle(request, self->state.config.now()); });
      },
      [with_store](const adopt_request& request) {
        return with_store([&](store& s) { return s.adopt(request); });
      },
      [with_store, announce](const restamp_request& request) {
        return with_store([&](store& s) {
          auto done = s.restamp(request);
          if (done)
            announce(done->clock);
          return done;
        });
      },
      [self, with_store](const hold_request& request) {
        return with_store([&](store& s) { return s.hold(request, self->state.config.now()); });
      },
      [with_store](const dead_request& request) {
        return with_store([&](store& s) { return s.decide_dead(request); });
      },
      [self, with_store](const project_request& request) {
        return with_store(
            [&](store& s) { return s.decide_project(request, self->state.config.now()); });
      },
      [self, with_store, announce](const import_request& request) {
        return with_store([&](store& s) {
          auto done = s.import_events(request, self->state.config.now());
          if (done && !request.look_only)
            announce(done->clock);
          return done;
        });
      },
      [with_store](const drops_request&) {
        return with_store([](store& s) { return s.acknowledge_drops(); });
      },
      [self](const error_note& note) {
        if (auto where = self->state.open())
          (void)(*where)->note_error(note.json); // best effort: the status loses one line
      },
  };
}

} // namespace spec_kitty
