#include "app/cli/commands/emit_stdin.hpp"

#include "app/cli/autostart.hpp"
#include "app/cli/commands/stdin_lines.hpp"
#include "app/cli/spilled.hpp"
#include "app/home/emitter.hpp"
#include "util/checksum.hpp"
#include "util/json.hpp"

#include <array>
#include <memory>
#include <utility>

namespace spec_kitty {

namespace {

void append_answer(std::string& to, const result<append_receipt>& answer) {
  if (answer && !answer->spilled) { // nothing in it is ever escaped
    to.append("{\"event_id\":\"").append(answer->event_id).append("\",\"lamport_clock\":");
    to.append(std::to_string(answer->lamport_clock)).append("}");
    return;
  }
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  if (answer)
    field(out, "spilled", true);
  else
    write_error(out, answer.error());
  out.EndObject();
  to.append(buffer.GetString(), buffer.GetSize());
}

constexpr std::size_t min_lines_for_vectors = 512; ///< in a burst: a library is loaded for them

/// The lines that are recorded together.
struct burst_of_lines {
  std::shared_ptr<event_burst> events = std::make_shared<event_burst>();
  std::vector<std::optional<failure>> refused; ///< for each line; nothing: it is among the events
};

class emit_stream {
public:
  emit_stream(context& ctx, const std::optional<std::string>& feature)
      : ctx_(ctx), feature_(feature), emit_(ctx, ctx.warnings(), 1), blank_(emit_.blank()) {}

  exit_status run();

private:
  bool prepare(burst_of_lines& next, stdin_lines::wait may_wait);
  event_draft& next_draft(event_burst& events) const;
  result<void> prepare(const stdin_lines::line& line, event_draft& into);
  void print_answers(const burst_of_lines& of);
  exit_status end();

  context& ctx_;
  const std::optional<std::string>& feature_;
  emitter emit_;
  const event_draft blank_;
  plain_line found_;
  stdin_lines input_;
  std::array<burst_of_lines, 2> bursts_;
  std::string answer_;
  bool closed_ = false; ///< stdout
  exit_status status_ = exit_status::done;
  bool store_failed_ = false;
  std::uint64_t spilled_ = 0;
  std::optional<failure> why_spilled_;
};

/// A draft for the next event, in memory that an earlier burst used; not that of a large event.
event_draft& emit_stream::next_draft(event_burst& events) const {
  constexpr std::size_t max_kept_bytes = 8192;
  if (events.count == events.drafts.size())
    events.drafts.push_back(blank_);
  event_draft& draft = events.drafts[events.count];
  if (draft.payload.capacity() > max_kept_bytes)
    draft = blank_;
  return draft;
}

result<void> emit_stream::prepare(const stdin_lines::line& line, event_draft& into) {
  if (line.too_long)
    return failure{ec::event_too_large, "the line is longer than 16 MiB", "send smaller events"};
  if (emit_.prepare_plain(line.text, feature_, found_, into))
    return {};
  auto draft = emit_.prepare(line.text, feature_);
  if (!draft)
    return draft.error();
  into = std::move(*draft);
  return {};
}

/// Reads and checks the lines of the next burst; false without any.
bool emit_stream::prepare(burst_of_lines& next, stdin_lines::wait may_wait) {
  const auto lines = input_.next(may_wait);
  if (lines.size() >= min_lines_for_vectors)
    use_fast_checksums();
  event_burst& events = *next.events;
  events.count = 0;
  events.answers.clear();
  next.refused.assign(lines.size(), std::nullopt);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (const auto done = prepare(lines[i], next_draft(events)); done)
      ++events.count;
    else
      next.refused[i] = done.error();
  }
  return !lines.empty();
}

/// One for each line, in order.
void emit_stream::print_answers(const burst_of_lines& of) {
  auto recorded = of.events->answers.begin();
  for (const auto& refused : of.refused) {
    answer_.clear();
    if (refused) {
      append_answer(answer_, *refused);
      ctx_.out.raw(answer_);
      status_ = exit_status::failed;
      continue;
    }
    const result<append_receipt>& answer = *recorded++;
    append_answer(answer_, answer);
    ctx_.out.raw(answer_);
    if (answer && answer->spilled) {
      ++spilled_;
      why_spilled_ = answer->spilled;
    }
    if (answer)
      continue;
    store_failed_ = store_failed_ || status_of(answer.error().code) == exit_status::store_unusable;
    status_ = exit_status::failed;
  }
  closed_ = !ctx_.out.flush() || closed_;
  emit_.ring_daemon();
}

/// While a burst is committed, the answers of the one before it are printed and the next one is
/// prepared. Where nothing more can be read, a burst is answered before the input is waited for.
exit_status emit_stream::run() {
  burst_of_lines* next = &bursts_[0];
  burst_of_lines* other = &bursts_[1];
  bool is_other_open = false; ///< committed, but not answered yet
  bool ready = prepare(*next, stdin_lines::wait::yes);
  while (ready && !closed_) {
    ready = false;
    emit_.record(next->events, [&] {
      if (is_other_open)
        print_answers(*other);
      ready = !closed_ && prepare(*other, stdin_lines::wait::no);
    });
    is_other_open = ready;
    if (!ready) {
      print_answers(*next);
      ready = !closed_ && prepare(*other, stdin_lines::wait::yes);
    }
    std::swap(next, other);
  }
  return end();
}

exit_status emit_stream::end() {
  if (closed_) { // the answers cannot be read: stop
    ctx_.out.warn("stdout is closed; the rest of the input was not recorded");
    (void)emit_.finish();
    return exit_status::failed;
  }
  if (const auto delivery = emit_.finish())
    print_delivery_status(ctx_, *delivery);
  const auto of_spill =
      why_spilled_ ? warn_spilled(ctx_, *why_spilled_, spilled_) : exit_status::done;
  if (store_failed_ || of_spill != exit_status::done)
    return exit_status::store_unusable;
  return status_;
}

} // namespace

exit_status emit_stdin(context& ctx, const std::optional<std::string>& feature) {
  return emit_stream(ctx, feature).run();
}

} // namespace spec_kitty
