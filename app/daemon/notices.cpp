#include "app/daemon/notices.hpp"

#include "app/home/taken_back.hpp"
#include "util/json.hpp"

namespace spec_kitty {

namespace {

template <class... Cases>
struct cases : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
cases(Cases...) -> cases<Cases...>;

std::string count(std::uint64_t n, const char* what) {
  return std::to_string(n) + " " + what;
}

void write_run(json_writer& out, const sync_report& run) {
  field(out, "kind", "run");
  field(out, "selected", run.selected);
  field(out, "synced", run.synced);
  field(out, "duplicate", run.duplicate);
  field(out, "rejected", run.rejected);
  field(out, "dead", run.dead);
  field(out, "transient", run.transient);
  field(out, "remaining", run.remaining);
  field(out, "stopped", run.stopped ? std::optional(run.stopped->message) : std::nullopt);
}

} // namespace

void write_joined(json_writer& out, const log_joined& joined) {
  field(out, "kind", "log");
  field(out, "log", joined.log.log);
  field(out, "seq", joined.from);
  if (!joined.former_log.empty())
    field(out, "former_log", joined.former_log);
  if (joined.lost) {
    field(out, "lost_from", joined.lost->from);
    field(out, "lost_to", joined.lost->to);
    field(out, "message", taken_back_words(*joined.lost, joined.log));
  }
}

std::string notice_json(const notice& what, epoch_us now) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "at", format_timestamp(now));
  std::visit(cases{
                 [&](const connection_status& status) {
                   field(out, "kind", "connection");
                   field(out, "state", to_string(status.state));
                   field(out, "reason", status.reason);
                   field(out, "since", format_timestamp(status.since));
                   field(out, "attempts", static_cast<std::uint64_t>(status.attempts));
                 },
                 [&](const event_sent& sent) {
                   field(out, "kind", "sent");
                   field(out, "event_id", sent.event_id);
                 },
                 [&](const event_refused& refused) {
                   field(out, "kind", "refused");
                   field(out, "event_id", refused.event_id);
                   field(out, "message", refused.message);
                 },
                 [&](const event_received& received) {
                   field(out, "kind", "received");
                   if (received.seq > 0) {
                     field(out, "log", received.log);
                     field(out, "seq", received.seq);
                     field(out, "by", received.by);
                   }
                   raw_field(out, "event", received.json);
                 },
                 [&](const log_joined& joined) { write_joined(out, joined); },
                 [&](const log_page_read&) {}, // for one reader
                 [&](const run_ended& run) { write_run(out, run.report); },
                 [&](const remark& remark_seen) {
                   field(out, "kind", "remark");
                   field(out, "message", remark_seen.words);
                 },
                 [&](const actors_failed& failed) {
                   field(out, "kind", "failed");
                   field(out, "message", failed.why.message);
                 },
             },
             what);
  out.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

std::string notice_words(const notice& what) {
  return std::visit(
      cases{
          [](const connection_status& status) {
            return std::string(to_string(status.state)) +
                   (status.reason.empty() ? "" : ": " + status.reason);
          },
          [](const event_sent& sent) { return "sent " + sent.event_id; },
          [](const event_refused& refused) {
            return "REFUSED " + refused.event_id + ": " + refused.message;
          },
          [](const event_received& received) {
            const auto event = parse_json(received.json);
            const auto part = [&](const char* name) {
              return event ? text_of(*event, name).value_or("?") : std::string("?");
            };
            return "received " + (received.by.empty() ? "" : "from " + received.by + " ") +
                   part("event_id") + " " + part("event_type") + " " + part("aggregate_id");
          },
          [](const log_joined& joined) {
            return joined.lost ? taken_back_words(*joined.lost, joined.log) : std::string();
          },
          [](const log_page_read&) { return std::string(); },
          [](const run_ended& run) {
            const sync_report& report = run.report;
            if (report.batches == 0 && !report.stopped)
              return std::string();
            std::string words = count(report.batches, "batches, ") +
                                count(report.synced + report.duplicate, "events delivered, ") +
                                count(report.rejected + report.dead, "refused, ") +
                                count(report.remaining, "remain");
            return report.stopped ? words + "; " + report.stopped->message : words;
          },
          [](const remark& remark_seen) { return remark_seen.words; },
          [](const actors_failed& failed) { return "FAILED: " + failed.why.message; },
      },
      what);
}

bool is_heard(const notice& what) {
  return std::holds_alternative<event_received>(what) || std::holds_alternative<log_joined>(what) ||
         std::holds_alternative<log_page_read>(what);
}

bool is_logged(const notice& what) {
  return !std::holds_alternative<event_sent>(what) &&
         !std::holds_alternative<event_received>(what) &&
         !std::holds_alternative<log_page_read>(what);
}

} // namespace spec_kitty
