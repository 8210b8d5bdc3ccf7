#include "actors/queue/queue.hpp"

#include "actors/clock/foreign_mirror.hpp"
#include "actors/queue/process_mark.hpp"
#include "actors/queue/spill.hpp"

#include <algorithm>
#include <tuple>

namespace spec_kitty {

namespace {

/// The store itself could not be used: the event can still be written to a spill file.
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

} // namespace

queue_state::~queue_state() {
  try {
    give_back_leases();
  } catch (const std::exception&) { // the next QUEUE gives them back
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
  const auto& former = fresh->former_node_id();
  const std::string& mirrored = former ? *former : fresh->node_id(); // the mirror is older
  auto ahead = value_to_recover(mirror, last_clock, mirrored);
  if (!ahead)
    ahead = value_to_inherit(mirror, last_clock, mirrored);
  if (mirror && mirror->node_id != mirrored) // best effort, as the mirror is
    (void)keep_foreign_mirror(config.store.home, fresh->node_id());
  if (ahead) {
    const auto merged = fresh->merge_clock(*ahead);
    if (!merged)
      return merged.error();
    last_clock = *merged;
  }
  // Spilled events come before those recorded now. When they do not fit, their files stay, and the
  // status shows them.
  if (const auto taken = fresh->take_in_spill(config.now()); taken && *taken > 0)
    if (const auto after = fresh->clock())
      last_clock = *after;
  opened = std::move(*fresh);
  give_back_leases();
  const bool is_current =
      mirror && mirror->value == last_clock && mirror->node_id == opened->node_id();
  if (has_clock && !is_current) // missing, corrupt, behind or of the id before
    publish_clock(last_clock);
  return &*opened;
}

/// Earlier events first. After a failure their files stay, and the next request tries again.
void queue_state::take_in_spilled() {
  if (!spilled_before)
    return;
  const auto taken = opened->take_in_spill(config.now());
  spilled_before = !taken;
  if (!taken || *taken == 0)
    return;
  const auto after = opened->clock();
  publish_clock(after ? *after : last_clock);
}

void queue_state::publish_clock(std::uint64_t value) {
  last_clock = value;
  if (has_clock)
    self->send(clock, clock_committed{value, opened->node_id()});
}

/// The leases of the QUEUE before this one go back: its transports ended with it.
void queue_state::give_back_leases() {
  if (!config.leases || !opened)
    return;
  for (const std::uint64_t token : config.leases->take_all()) {
    settle_request over;
    over.token = token;
    (void)opened->settle(over, config.now());
  }
}

void queue_state::return_space() {
  if (!opened || !returns_space)
    return;
  if (!std::exchange(is_tidied, true))
    opened->remove_leftovers();
  const auto done = opened->return_space();
  returns_space = done || done.error().code == ec::store_busy;
}

result<settle_outcome> queue_state::settle(store& s, const settle_request& request) {
  if (!journal)
    journal.emplace(config.store.home, config.store.keep_delivered, config.store.server);
  std::vector<settled_event> delivered;
  auto done =
      s.settle(request, config.now(), config.store.keep_delivered > 0 ? &delivered : nullptr);
  if (!done)
    return done;
  if (const auto kept = journal->add(delivered, config.now()); !kept)
    done->journal_problem =
        "delivered events are missing from the journal: " + kept.error().message;
  return done;
}

void queue_state::enqueue(event_draft draft, caf::typed_response_promise<append_receipt> waiting) {
  drafts.push_back(std::move(draft));
  pending_replies.push_back(std::move(waiting));
  if (drafts.size() >= max_burst)
    commit();
  else if (drafts.size() == 1)
    self->send(self, commit_burst{});
}

void queue_state::commit() {
  if (drafts.empty())
    return;
  auto answers = record(drafts, receipts::with_json);
  for (std::size_t i = 0; i < pending_replies.size(); ++i)
    deliver(pending_replies[i], std::move(answers[i]));
  drafts.clear();
  pending_replies.clear();
}

std::vector<result<append_receipt>> queue_state::record(std::span<const event_draft> events,
                                                        receipts form) {
  const auto ready = open();
  if (!ready)
    return spill(events, ready.error(), {});
  auto answers = (*ready)->append(events, config.now(), form);
  if (!answers)
    return spill(events, answers.error(),
                 answers.error().code == ec::commit_unknown ? (*ready)->attempted_ids()
                                                            : std::vector<std::string>{});
  std::uint64_t newest = last_clock;
  for (const auto& answer : *answers)
    if (answer && !answer->known)
      newest = answer->lamport_clock;
  publish_clock(newest); // before the receipts: a sender that then asks CLOCK gets this value
  return *std::move(answers);
}

std::vector<result<append_receipt>> queue_state::spill(std::span<const event_draft> events,
                                                       const failure& why,
                                                       const std::vector<std::string>& ids) {
  if (!calls_for_spill(why.code))
    return std::vector<result<append_receipt>>(events.size(), why);
  const epoch_us now = config.now();
  std::vector<spilled_event> lines;
  lines.reserve(events.size());
  for (const auto& draft : events) {
    const std::size_t i = lines.size();
    lines.push_back({draft, now, i < ids.size() ? ids[i] : std::string()});
  }
  if (auto kept = write_spill(config.store.home, lines, now); !kept)
    return std::vector<result<append_receipt>>(
        events.size(),
        failure{why.code,
                "1 event NOT recorded: " + why.message +
                    "; and it could not be written to the spill file: " + kept.error().message,
                why.hint});
  spilled_before = true;
  std::vector<result<append_receipt>> answers;
  answers.reserve(lines.size());
  for (auto& line : lines) {
    append_receipt receipt;
    receipt.event_id = std::move(line.event_id);
    receipt.spilled = why;
    answers.emplace_back(std::move(receipt));
  }
  return answers;
}

void queue_state::answer_pending(const failure& why) {
  for (auto& waiting : pending_replies)
    refuse(waiting, why);
  drafts.clear();
  pending_replies.clear();
}

namespace {

using queue_self = queue_actor::stateful_pointer<queue_state>;

/// One operation of the store: opens it when needed, runs, answers.
template <class Operation>
auto with_store(queue_self self, Operation operation) {
  auto opened = self->state.open();
  using answer = decltype(operation(**opened));
  return reply(opened ? operation(**opened) : answer(opened.error()));
}

auto append_handlers(queue_self self) {
  return std::tuple{
      [self](append_request& request) {
        auto promise = self->make_response_promise<append_receipt>();
        self->state.enqueue(std::move(request.draft), promise);
        return promise;
      },
      [self](const append_posted& call) {
        self->state.commit(); // the drafts that came before it
        auto left = call.what->take();
        while (!left.empty()) {
          const auto now = left.first(std::min(left.size(), max_burst));
          left = left.subspan(now.size());
          call.what->answer(self->state.record(now, call.what->wants_json() ? receipts::with_json
                                                                            : receipts::brief));
        }
      },
      [self](const append_burst& burst) {
        self->state.commit(); // the drafts that came before it
        event_burst& of = *burst.what;
        of.answers = self->state.record({of.drafts.data(), of.count}, receipts::brief);
        return burst_done{};
      },
      [self](commit_burst) { self->state.commit(); },
  };
}

auto clock_handlers(queue_self self) {
  return std::tuple{
      [self](const clock_actor& clock) {
        self->state.clock = clock;
        self->state.has_clock = true;
        if (self->state.opened)
          self->state.publish_clock(self->state.last_clock);
      },
      [self](mirror_barrier) -> caf::result<mirror_done> {
        self->state.commit(); // the drafts that came before it
        if (!self->state.has_clock)
          return mirror_done{};
        return self->delegate(self->state.clock, mirror_reached{});
      },
      [self](clock_question) {
        return with_store(self, [](store& s) -> result<clock_value> {
          const auto value = s.clock();
          return value ? result<clock_value>(clock_value{*value}) : value.error();
        });
      },
      [self](const cursor_request& asked) {
        return with_store(self, [&](store& s) { return s.cursor(asked); });
      },
      [self](const join_request& where) {
        return with_store(self,
                          [&](store& s) { return s.join_log(where, self->state.config.now()); });
      },
      [self](const heard_burst& burst) {
        return with_store(self, [&](store& s) -> result<clock_value> {
          const auto value = s.hear(burst, self->state.config.now());
          if (!value)
            return value.error();
          self->state.publish_clock(*value);
          return clock_value{*value};
        });
      },
      [self](clock_received received) {
        return with_store(self, [&](store& s) -> result<clock_value> {
          const auto value = s.merge_clock(received.remote);
          if (!value)
            return value.error();
          self->state.publish_clock(*value);
          return clock_value{*value};
        });
      },
  };
}

auto delivery_handlers(queue_self self) {
  return std::tuple{
      [self](const due_request& request) {
        return with_store(self, [&](store& s) {
          auto found = s.due(request);
          self->state.return_space();
          return found;
        });
      },
      [self](const lease_request& request) {
        return with_store(self, [&](store& s) {
          auto grant = s.lease(request, this_process(), self->state.config.now());
          if (grant && grant->token != 0 && self->state.config.leases)
            self->state.config.leases->add(grant->token);
          return grant;
        });
      },
      [self](const settle_request& request) {
        if (self->state.config.leases && request.keep.count() == 0)
          self->state.config.leases->remove(request.token);
        return with_store(self, [&](store& s) {
          auto done = self->state.settle(s, request);
          if (done && done->lease_ended && self->state.config.leases)
            self->state.config.leases->remove(request.token);
          self->state.return_space();
          return done;
        });
      },
      [self](const restamp_request& request) {
        return with_store(self, [&](store& s) {
          auto done = s.restamp(request);
          if (done)
            self->state.publish_clock(done->clock);
          return done;
        });
      },
      [self](const hold_request& request) {
        return with_store(self,
                          [&](store& s) { return s.hold(request, self->state.config.now()); });
      },
      [self](const error_note& note) {
        if (auto opened = self->state.open())
          (void)(*opened)->note_error(note.json); // best effort: the status loses a line
      },
  };
}

/// What a person decides: a login, dead letters, projects, an import, the count of drops.
auto decision_handlers(queue_self self) {
  return std::tuple{
      [self](const adopt_request& request) {
        return with_store(self, [&](store& s) { return s.adopt(request); });
      },
      [self](const dead_request& request) {
        return with_store(self, [&](store& s) { return s.decide_dead(request); });
      },
      [self](const project_request& request) {
        return with_store(
            self, [&](store& s) { return s.decide_project(request, self->state.config.now()); });
      },
      [self](const import_request& request) {
        return with_store(self, [&](store& s) {
          auto done = s.import_events(request, self->state.config.now());
          if (done && !request.look_only)
            self->state.publish_clock(done->clock);
          return done;
        });
      },
      [self](acknowledge_taken_back) {
        return with_store(self, [](store& s) { return s.acknowledge_taken_back(); });
      },
      [self](const drops_request& request) {
        return with_store(self, [&](store& s) {
          return request.more > 0 ? s.add_drops(request.more) : s.acknowledge_drops();
        });
      },
  };
}

} // namespace

queue_actor::behavior_type queue(queue_actor::stateful_pointer<queue_state> self,
                                 queue_config config) {
  install_handlers(self);
  self->state.config = std::move(config);
  self->state.self = self;
  return behavior_of<queue_actor::behavior_type>(append_handlers(self), clock_handlers(self),
                                                 delivery_handlers(self), decision_handlers(self));
}

} // namespace spec_kitty
