#include "app/cli/work_events.hpp"

#include "app/cli/autostart.hpp"
#include "app/cli/spilled.hpp"
#include "app/home/emitter.hpp"
#include "util/text.hpp"

#include <algorithm>

namespace spec_kitty {

event_recording record_events(context& ctx, std::vector<workflow::work_event> events) {
  event_recording done;
  if (events.empty())
    return done;
  if (ctx.no_home) {
    done.add_lost(events.size(), *ctx.no_home);
    return done;
  }
  if (ctx.config_problem)
    ctx.out.warn(ctx.config_problem->message + "; the defaults are used");
  emitter emit(ctx, ctx.warnings());
  std::vector<event_draft> drafts;
  for (auto& event : events) {
    auto draft = emit.prepare(
        {event.event_type, event.payload, event.causation_id, {}, event.feature_slug, event.at});
    if (!draft) {
      done.add_lost(1, draft.error());
      continue;
    }
    draft->dedup_keys = std::move(event.dedup_keys);
    draft->intent_key = std::move(event.intent_key);
    drafts.push_back(std::move(*draft));
  }
  if (drafts.empty())
    return done;
  const auto answers = emit.record(std::move(drafts));
  std::uint64_t spilled = 0;
  std::optional<failure> why_spilled;
  for (const auto& answer : answers) {
    if (!answer) {
      done.add_lost(1, answer.error());
      continue;
    }
    if (answer->known)
      continue;
    ++done.recorded;
    if (answer->spilled) {
      ++spilled;
      why_spilled = answer->spilled;
    }
  }
  if (why_spilled)
    (void)warn_spilled(ctx, *why_spilled, spilled);
  finish_recording(ctx, emit, done);
  return done;
}

void finish_recording(context& ctx, emitter& emit, event_recording& done) {
  if (const auto emitted = emit.finish())
    done.delivery = query_daemon(ctx.home.path, emitted->rang, emitted->queued);
}

void print_recording(context& ctx, event_recording& done) {
  if (done.not_recorded > 0)
    ctx.out.warn(count_of(done.not_recorded, "event") +
                 (done.kept ? " NOT recorded yet; the next command here records " +
                                  std::string(done.not_recorded == 1 ? "it: " : "them: ")
                            : " NOT recorded: ") +
                 done.reason);
  if (!done.delivery && done.not_recorded == 0) { // nothing was emitted: only read
    if (auto there = ctx.open_for_reading(); there) {
      std::uint64_t live = 0;
      if (*there)
        if (const auto stats = (*there)->stats())
          live = stats->live;
      const bool listens = connect_in_home(ctx.home.path, control_socket).ok();
      done.delivery =
          query_daemon(ctx.home.path, listens ? delivery::taken : delivery::nobody, live);
    }
  }
  if (done.delivery)
    print_delivery_status(ctx, *done.delivery);
}

} // namespace spec_kitty
