// What is asked of a simulated process, and what it is seen to answer.
#include "app/chaos/process.hpp"
#include "app/chaos/simulation/node.hpp"

#include "actors/clock/causality.hpp"
#include "actors/queue/spill.hpp"
#include "config/credentials.hpp"

namespace spec_kitty::chaos::simulation {

namespace {

constexpr std::uint64_t doorbells_per_miss = 16;

/// An answer that leaves it open whether something was recorded.
bool is_open(ec code) {
  return code == ec::stopping || code == ec::commit_unknown || code == ec::internal ||
         code == ec::transport;
}

} // namespace

template <class Answer, class Actor, class Question, class Then>
void node::ask(const Actor& asked, Question question, Then then) {
  if (!is_up() || !asked)
    return;
  const os_plan_scope scope(&plan_);
  auto asker = system_->spawn(
      [this](caf::event_based_actor* self, const Actor& to, const Question& what,
             const Then& callback) {
        install_handlers(self);
        self->request(to, caf::infinite, what)
            .then(
                [this, callback](Answer& answer) {
                  if (!ending_)
                    callback(result<Answer>(std::move(answer)));
                },
                [this, callback](const caf::error& error) {
                  if (!ending_)
                    callback(result<Answer>(to_failure(error)));
                });
      },
      asked, std::move(question), std::move(then));
  actors_.push_back(asker.address());
}

void node::ring() {
  if (supervisor_ && !around_.chance.one_in(doorbells_per_miss))
    caf::anon_send(supervisor_, wakeup{wakeup_reason::events});
}

void node::emit(std::uint64_t count) {
  if (!is_up())
    return;
  const auto session = read_credentials(home_);
  const bool has_team = session && *session && !(*session)->team_slug.empty();
  for (; count > 0; --count) {
    event_draft draft;
    draft.event_type = "HistoryAdded";
    draft.aggregate_id = "WP01";
    draft.aggregate_type = "WorkPackage";
    draft.timestamp = format_timestamp(wall());
    draft.team_slug = has_team ? (*session)->team_slug : std::string(local_team);
    auto& attempts = around_.seen.attempts;
    attempt current_attempt;
    current_attempt.marker = name_ + "-" + std::to_string(++emitted_);
    current_attempt.home = name_;
    current_attempt.asked = around_.seen.tick();
    draft.payload =
        R"({"wp_id":"WP01","entry_type":"note","entry_content":")" + current_attempt.marker + "\"}";
    attempts.push_back(std::move(current_attempt));
    ask<append_receipt>(queue_, append_request{std::move(draft)},
                        [this, at = attempts.size() - 1](const result<append_receipt>& receipt) {
                          attempt& asked = around_.seen.attempts[at];
                          asked.answered = around_.seen.tick();
                          asked.acknowledged = receipt.ok();
                          if (!receipt) {
                            asked.refused = !is_open(receipt.error().code);
                            return;
                          }
                          asked.spilled = receipt->spilled.has_value();
                          asked.event_id = receipt->event_id;
                          asked.lamport_clock = receipt->lamport_clock;
                          around_.trace.note(asked.event_id);
                          around_.trace.note(asked.lamport_clock);
                          ring();
                        });
  }
}

void node::note_report(const sync_report& report) {
  around_.trace.note(report.selected);
  around_.seen.runs.push_back({name_,
                               report.selected,
                               {{"synced", report.synced},
                                {"duplicate", report.duplicate},
                                {"pending", report.pending},
                                {"rejected", report.rejected},
                                {"dead", report.dead},
                                {"held", report.held},
                                {"transient", report.transient}}});
}

void node::hear(const notice& what) {
  if (ending_)
    return;
  if (const auto* run = std::get_if<run_ended>(&what))
    note_report(run->report);
  if (std::holds_alternative<actors_failed>(what))
    failed_ = true;
}

void node::on_text(const std::shared_ptr<connection>& by, const std::string& text) {
  if (held_ || !text.starts_with(R"({"type":"event")"))
    return;
  const auto message = parse_json(text);
  const json_value* event = message ? member(*message, "event") : nullptr;
  if (event == nullptr)
    return;
  const auto heard_event = read_event(*event).what;
  if (heard_event.lamport_clock > 0 && heard_event.lamport_clock <= max_received &&
      heard_event.node_id != make_node_id({options_.host, "ann", true}, {}))
    heard_.push_back({heard_event.lamport_clock, trouble + plan_.failed, by, true});
}

void node::on_quiet() {
  for (const auto& callback : std::exchange(heard_, {})) {
    const auto by = callback.by.lock();
    if (!held_ && callback.trouble == trouble + plan_.failed &&
        (!callback.by_socket || (by && by->at_client && !by->closing)))
      around_.seen.heard.push_back({name_, around_.seen.tick(), callback.value});
  }
}

void node::sync_now(std::function<void()> then) {
  const std::uint64_t before = trouble + plan_.failed;
  reply_clock_ = 0;
  ask<sync_report>(supervisor_, sync_request{},
                   [this, before, then = std::move(then)](const result<sync_report>& report) {
                     if (report)
                       note_report(*report);
                     // Its run was the only one: its replies are merged by now.
                     if (report && !options_.background && reply_clock_ > 0)
                       heard_.push_back({std::exchange(reply_clock_, 0), before, {}, false});
                     if (then)
                       then();
                   });
}

void node::log_in(const std::string& user, bool adopt_local, std::function<void()> then) {
  const auto strong = caf::actor_cast<caf::strong_actor_ptr>(auth_);
  if (!strong)
    return then ? then() : void();
  ask<login_done>(caf::actor_cast<auth_actor>(strong), login_request{user, "secret", adopt_local},
                  [this, then = std::move(then)](const result<login_done>&) {
                    if (supervisor_)
                      caf::anon_send(supervisor_, wakeup{wakeup_reason::session});
                    if (then)
                      then();
                  });
}

void node::log_out(std::function<void()> then) {
  const auto strong = caf::actor_cast<caf::strong_actor_ptr>(auth_);
  if (!strong)
    return then ? then() : void();
  ask<logout_done>(caf::actor_cast<auth_actor>(strong), logout_request{},
                   [this, then = std::move(then)](const result<logout_done>&) {
                     if (supervisor_)
                       caf::anon_send(supervisor_, wakeup{wakeup_reason::session});
                     if (then)
                       then();
                   });
}

void node::retry_dead() {
  ask<dead_done>(queue_, dead_request{dead_request::decision::retry, {}},
                 [this](const result<dead_done>&) { ring(); });
}

void node::wind_down(std::function<void()> then) {
  ask<wound_down>(supervisor_, spec_kitty::wind_down{},
                  [then = std::move(then)](const result<wound_down>&) { then(); });
}

void node::ask_waiting(std::function<void(std::int64_t)> then) {
  ask<due_count>(queue_, due_request{}, [then = std::move(then)](const result<due_count>& due) {
    then(due ? static_cast<std::int64_t>(due->total) : -1);
  });
}

void node::look() {
  const os_plan_scope scope(&plan_);
  status_seen status;
  status.home = name_;
  status.asked = around_.seen.tick();
  auto opened = store::open(store_settings(), open_mode::read);
  const auto stats = opened ? opened->stats() : result<queue_stats>(opened.error());
  if (!stats)
    return;
  status.waiting = stats->live + stats->dead;
  for (const auto& file : spill_files(home_))
    status.waiting += file.events;
  status.says_acked = stats->last_ack_at != 0;
  for (const auto& event : around_.server.view().events)
    status.on_server.insert(event.event_id);
  around_.seen.statuses.push_back(std::move(status));
}

} // namespace spec_kitty::chaos::simulation
