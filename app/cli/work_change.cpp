#include "app/cli/work_change.hpp"

#include "app/cli/spilled.hpp"
#include "app/orchestrate/intent_events.hpp"
#include "app/workflow/intents/evidence.hpp"
#include "util/text.hpp"

namespace spec_kitty {

namespace wf = workflow;

namespace {

/// A settlement's way to record events: the emitter is made with the first intent that has some.
class settling_home {
public:
  explicit settling_home(context& ctx) : ctx_(ctx) {}
  ~settling_home() {
    if (emit_)
      (void)emit_->finish();
  }
  settling_home(const settling_home&) = delete;
  settling_home& operator=(const settling_home&) = delete;

  wf::settle_host host() {
    wf::settle_host host;
    host.home = ctx_.no_home ? std::string() : orchestrate::home_mark(ctx_.home.path);
    host.record = [this](const wf::intent& record, const std::vector<std::size_t>& transitions) {
      return this->record(record, transitions);
    };
    host.count_dropped = [this](std::uint64_t events) { return emit().count_dropped(events).ok(); };
    host.say = [this](const std::string& sentence) { ctx_.out.warn(sentence); };
    return host;
  }

private:
  emitter& emit() {
    if (!emit_)
      emit_ = std::make_unique<emitter>(ctx_, ctx_.warnings());
    return *emit_;
  }

  bool record(const wf::intent& record, const std::vector<std::size_t>& transitions) {
    const auto done = orchestrate::record_transitions(emit(), record, transitions);
    if (done.why_spilled)
      (void)warn_spilled(ctx_, *done.why_spilled, done.spilled);
    if (done.refused > 0)
      ctx_.out.warn(count_of(done.refused, "event") + " NOT recorded: " + done.reason);
    return !done.home_unusable;
  }

  context& ctx_;
  std::unique_ptr<emitter> emit_;
};

} // namespace

namespace {

/// A request with the events of `done`, checked and redacted; those that no home would take are
/// counted as lost.
struct prepared_change {
  wf::change_request request;
  std::unique_ptr<emitter> emit;
  event_recording lost;
};

prepared_change prepare_change(context& ctx, change_words words, work_done& done) {
  if (!ctx.no_home && ctx.config_problem)
    ctx.out.warn(ctx.config_problem->message + "; the defaults are used");
  prepared_change made{orchestrate::new_change(std::move(words.command)),
                       ctx.no_home ? nullptr : std::make_unique<emitter>(ctx, ctx.warnings()),
                       {}};
  made.request.branch = std::move(words.branch);
  made.request.subject = std::move(words.subject);
  for (auto& event : done.events) {
    auto payload = orchestrate::checked_payload(made.emit.get(), event.event_type, event.payload);
    if (!payload) {
      made.lost.add_lost(1, payload.error());
      continue;
    }
    event.payload = std::move(*payload);
    made.request.events.push_back(std::move(event));
  }
  done.events.clear();
  return made;
}

void keep_open(work_done& done, wf::open_change change, prepared_change& made) {
  done.change = std::make_shared<work_change>(
      work_change{std::move(change), std::move(made.emit), std::move(made.lost)});
}

} // namespace

result<change_words> words_for(context& ctx, const wf::feature& feature,
                               const work_options& options, std::string command,
                               const std::string& message) {
  auto subject = commit_message(ctx, feature, options, message);
  if (!subject)
    return subject.error();
  return change_words{std::move(command), *subject ? wf::target_branch_of(feature) : std::string(),
                      std::move(*subject)};
}

wf::git_result<void> change_files(context& ctx, const wf::repository& repo,
                                  const wf::repo_edit& edit, change_words words, work_done& done) {
  auto made = prepare_change(ctx, std::move(words), done);
  auto changed = wf::open_change::carry_out(repo, edit, std::move(made.request));
  if (!changed)
    return {changed.error(), changed.git_busy};
  if (changed->ignored())
    ctx.out.warn(wf::ignored_files_words);
  keep_open(done, std::move(*changed), made);
  return {};
}

wf::git_result<void> move_branch(context& ctx, const wf::repository& repo, const std::string& to,
                                 change_words words, work_done& done,
                                 const std::function<result<void>(const std::string&)>& begun) {
  auto made = prepare_change(ctx, std::move(words), done);
  made.request.to = to;
  if (auto noted = begun(made.request.id); !noted)
    return noted.error();
  auto moved = wf::open_change::move_branch(repo, std::move(made.request));
  if (!moved)
    return {moved.error(), moved.git_busy};
  keep_open(done, std::move(*moved), made);
  return {};
}

event_recording record_change(context& ctx, work_change& made) {
  event_recording done = std::move(made.lost);
  const auto& record = made.change.record();
  const auto keep = [&](const std::string& reason) {
    done.not_recorded += record.transitions.size();
    done.kept = true;
    done.reason = reason;
    if (const auto dropped = made.change.keep_unrecorded(); dropped > 0)
      ctx.out.warn(wf::dropped_words(dropped));
  };
  if (record.transitions.empty()) {
    made.change.finish();
    return done;
  }
  if (!made.emit) {
    keep(ctx.no_home->message);
    return done;
  }
  if (const auto home = orchestrate::home_mark(ctx.home.path); !home.empty())
    made.change.recording(home);
  const auto recorded =
      orchestrate::record_transitions(*made.emit, record, wf::all_transitions(record));
  done.recorded += recorded.recorded;
  if (recorded.home_unusable) {
    keep(recorded.reason);
    done.not_recorded -= recorded.recorded;
  } else {
    if (recorded.refused > 0)
      done.add_lost(recorded.refused, {ec::internal, recorded.reason, {}});
    made.change.finish();
  }
  if (recorded.why_spilled)
    (void)warn_spilled(ctx, *recorded.why_spilled, recorded.spilled);
  finish_recording(ctx, *made.emit, done);
  return done;
}

result<std::vector<wf::settled_intent>> settle_found(context& ctx, const wf::repository& repo) {
  if (wf::intent_folder(repo).is_empty())
    return std::vector<wf::settled_intent>{};
  settling_home home(ctx);
  return wf::settle_intents(repo, home.host());
}

result<wf::settled_intent> settle_chosen(context& ctx, const wf::repository& repo,
                                         const std::string& id, wf::intent_verdict verdict) {
  settling_home home(ctx);
  return wf::settle_by_hand(repo, id, verdict, home.host());
}

} // namespace spec_kitty
