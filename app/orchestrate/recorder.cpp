#include "app/orchestrate/recorder.hpp"

#include "actors/queue/store.hpp"
#include "app/home/spilled.hpp"
#include "app/orchestrate/intent_events.hpp"
#include "app/workflow/intents/evidence.hpp"
#include "util/utf8.hpp"

#include <algorithm>

namespace spec_kitty::orchestrate {

namespace {

constexpr std::size_t max_recorded_message_bytes = 2000;

} // namespace

void recorder::moved(package_run& package, const std::string& to, const std::string& by) {
  package.cause =
      record(workflow::event_of(wp_status_changed{package.id, package.lane, to, by, run_.feature}),
             package.id + "/lane/" + std::to_string(package.moves), package.cause);
}

void recorder::add_to(workflow::change_request& request, const package_run& package,
                      workflow::work_event event) const {
  auto payload = checked_payload(emit_, event.event_type, event.payload);
  if (!payload) {
    host_.warn("an event will NOT be recorded: " + payload.error().message);
    return;
  }
  event.payload = std::move(*payload);
  const auto& cause = package.cause.empty() ? run_.root : package.cause;
  if (!cause.empty())
    event.causation_id = cause;
  request.events.push_back(std::move(event));
}

void recorder::moved(package_run& package, workflow::open_change& change) {
  const auto& record = change.record();
  if (change.ignored())
    host_.warn(workflow::ignored_files_words);
  if (record.transitions.empty()) {
    change.finish();
    return;
  }
  if (emit_ == nullptr) {
    keep(change);
    lost(*host_.no_home);
    return;
  }
  if (const auto home = home_mark(host_.view.home.path); !home.empty())
    change.recording(home);
  const auto done = record_transitions(*emit_, record, workflow::all_transitions(record));
  recorded_ += done.recorded;
  if (done.why_spilled)
    warn_spilled(host_.warn, host_.view.home.path, *done.why_spilled, done.spilled);
  if (done.home_unusable) {
    keep(change);
    lost({ec::store_unusable, done.reason, {}});
    return;
  }
  change.finish();
  if (done.refused > 0)
    lost({ec::internal, done.reason, {}});
  emit_->ring_daemon();
  if (done.last_event_id.empty())
    return;
  package.cause = done.last_event_id;
  if (run_.root.empty())
    run_.root = done.last_event_id;
}

void recorder::keep(workflow::open_change& change) const {
  if (const auto dropped = change.keep_unrecorded(); dropped > 0)
    host_.warn(workflow::dropped_words(dropped));
}

workflow::settle_host recorder::settle_host() const {
  workflow::settle_host host;
  if (emit_ != nullptr)
    host.home = home_mark(host_.view.home.path);
  host.record = [this](const workflow::intent& record, const std::vector<std::size_t>& which) {
    const auto done = record_transitions(*emit_, record, which);
    if (done.why_spilled)
      warn_spilled(host_.warn, host_.view.home.path, *done.why_spilled, done.spilled);
    return !done.home_unusable;
  };
  host.count_dropped = [this](std::uint64_t events) { return emit_->count_dropped(events).ok(); };
  host.say = [this](const std::string& sentence) { host_.warn(sentence); };
  return host;
}

void recorder::assigned(package_run& package, role task) {
  const post& post = package.of(task);
  wp_assigned event;
  event.wp_id = package.id;
  event.agent_id = post.agent;
  event.phase = to_string(task);
  event.retry_count = static_cast<std::int64_t>(post.starts) - 1;
  package.cause =
      record(workflow::event_of(event),
             package.id + "/" + event.phase + "/" + std::to_string(post.starts), package.cause);
}

void recorder::failed(package_run& package, role task, const std::string& words) {
  error_logged event;
  event.error_type = "runtime";
  event.error_message = excerpt(std::string(to_string(task)) + " of " + package.id + ": " + words,
                                max_recorded_message_bytes);
  event.wp_id = package.id;
  event.agent_id = package.of(task).agent;
  package.cause = record(workflow::event_of(event),
                         package.id + "/error/" + std::string(to_string(task)) + "/" +
                             std::to_string(package.of(task).starts),
                         package.cause);
}

void recorder::resolved(package_run& package, const package_run& dependency,
                        const std::string& how) {
  package.cause = record(workflow::event_of(dependency_resolved{package.id, dependency.id, how}),
                         package.id + "/resolved/" + dependency.id,
                         dependency.cause.empty() ? package.cause : dependency.cause);
}

void recorder::completed(epoch_us now) {
  const package_run* last = nullptr;
  for (const auto& package : run_.packages)
    if (!package.cause.empty() &&
        (last == nullptr || package.began + package.spent >= last->began + last->spent))
      last = &package;
  feature_completed event;
  event.feature_slug = run_.feature;
  event.total_wps = static_cast<std::int64_t>(run_.packages.size());
  event.completed_at = format_timestamp(now);
  event.total_duration = iso_duration(std::max<epoch_us>(now - run_.began, 0));
  (void)record(workflow::event_of(event), "completed", last == nullptr ? "" : last->cause);
}

std::string recorder::record(const workflow::work_event& event, const std::string& step,
                             const std::string& cause) {
  const std::string& parent = cause.empty() ? run_.root : cause;
  if (emit_ == nullptr) {
    lost(*host_.no_home);
    return parent;
  }
  auto draft = emit_->prepare({event.event_type,
                               event.payload,
                               parent.empty() ? std::nullopt : std::optional(parent),
                               {},
                               run_.feature});
  if (!draft) {
    lost(draft.error());
    return parent;
  }
  draft->dedup_keys = {announcement_key(run_.id, run_.feature, step)};
  std::vector<event_draft> drafts;
  drafts.push_back(std::move(*draft));
  const auto answer = std::move(emit_->record(std::move(drafts)).front());
  if (!answer) {
    lost(answer.error());
    return parent;
  }
  if (!answer->known)
    ++recorded_;
  if (answer->spilled)
    warn_spilled(host_.warn, host_.view.home.path, *answer->spilled, 1);
  emit_->ring_daemon();
  if (answer->event_id.empty())
    return parent;
  if (run_.root.empty())
    run_.root = answer->event_id;
  return answer->event_id;
}

void recorder::lost(const failure& why) {
  ++not_recorded_;
  if (!reason_.empty())
    return;
  reason_ = why.message;
  host_.warn("an event was NOT recorded: " + reason_);
}

} // namespace spec_kitty::orchestrate
