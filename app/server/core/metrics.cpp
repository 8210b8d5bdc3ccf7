#include "app/server/core/metrics.hpp"

#include <cstdio>
#include <utility>

namespace spec_kitty::server {

namespace {

constexpr std::uint64_t first_bucket_us = 1000;

std::string short_number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.6g", value);
  return text.data();
}

} // namespace

void duration_histogram::add(std::uint64_t microseconds) {
  std::size_t at = 0;
  for (std::uint64_t bound = first_bucket_us; at < buckets && microseconds > bound; bound *= 2)
    ++at;
  counts_[at].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(microseconds, std::memory_order_relaxed);
}

void metrics_text::head(std::string_view name, std::string_view kind, std::string_view help) {
  text_.append("# TYPE ").append(name).append(" ").append(kind);
  text_.append("\n# HELP ").append(name).append(" ").append(help).append("\n");
}

void metrics_text::count(std::string_view name, std::string_view help, std::uint64_t value) {
  head(name, "counter", help);
  text_.append(name).append("_total ").append(std::to_string(value)).append("\n");
}

void metrics_text::level(std::string_view name, std::string_view help, double value) {
  head(name, "gauge", help);
  text_.append(name).append(" ").append(short_number(value)).append("\n");
}

void metrics_text::durations(std::string_view name, std::string_view help,
                             const duration_histogram& of) {
  head(name, "histogram", help);
  std::uint64_t total = 0;
  double bound = 0.001;
  for (std::size_t at = 0; at <= duration_histogram::buckets; ++at, bound *= 2) {
    total += of.counts_[at].load(std::memory_order_relaxed);
    text_.append(name).append("_bucket{le=\"");
    text_.append(at == duration_histogram::buckets ? "+Inf" : short_number(bound)).append("\"} ");
    text_.append(std::to_string(total)).append("\n");
  }
  text_.append(name).append("_count ").append(std::to_string(total)).append("\n");
  const auto sum = static_cast<double>(of.sum_.load(std::memory_order_relaxed)) / 1e6;
  text_.append(name).append("_sum ").append(short_number(sum)).append("\n");
}

void metrics_text::add(const service_metrics& of) {
  count("spec_kitty_events_stored", "Events answered success.", of.events_success.value());
  count("spec_kitty_events_duplicate", "Events answered duplicate.", of.events_duplicate.value());
  count("spec_kitty_events_rejected", "Events answered rejected.", of.events_rejected.value());
  count("spec_kitty_batches", "Batches answered with results.", of.batches.value());
  count("spec_kitty_batches_refused", "Batches refused as a whole.", of.batches_refused.value());
  count("spec_kitty_refused_rate", "Requests over an account's rate.", of.refused_rate.value());
  count("spec_kitty_refused_quota", "Batches over a team's quota.", of.refused_quota.value());
  count("spec_kitty_refused_busy", "Requests refused because too many waited.",
        of.refused_busy.value());
  count("spec_kitty_refused_permission", "Requests that a role or team did not allow.",
        of.refused_permission.value());
  count("spec_kitty_logins", "Logins that succeeded.", of.logins.value());
  count("spec_kitty_logins_failed", "Logins with a wrong name or password.",
        of.logins_failed.value());
  count("spec_kitty_logins_limited", "Logins refused unseen after too many failures.",
        of.logins_limited.value());
  count("spec_kitty_refreshes", "Sessions renewed.", of.refreshes.value());
  count("spec_kitty_sessions_reused", "Sessions ended because a token was used twice.",
        of.sessions_reused.value());
  count("spec_kitty_websocket_events_sent", "Events sent to subscribers.",
        of.websocket_events_sent.value());
  count("spec_kitty_websocket_catch_ups", "Times a subscriber read too slowly.",
        of.websocket_catch_ups.value());
  count("spec_kitty_websockets_revoked", "WebSockets closed because access was withdrawn.",
        of.websockets_revoked.value());
  count("spec_kitty_actor_restarts", "Parts of the server that failed and were restarted.",
        of.actor_restarts.value());
  level("spec_kitty_waiting_batches", "Batches that wait for their turn.",
        static_cast<double>(of.waiting_batches.value()));
  level("spec_kitty_waiting_bytes", "Bytes of batches that are being worked on.",
        static_cast<double>(of.waiting_bytes.value()));
  level("spec_kitty_subscribers", "Open WebSockets.", static_cast<double>(of.subscribers.value()));
  level("spec_kitty_subscribers_behind", "WebSockets that are catching up.",
        static_cast<double>(of.subscribers_behind.value()));
  level("spec_kitty_boards", "Boards of teams in memory.", static_cast<double>(of.boards.value()));
  level("spec_kitty_board_events", "Events on the boards in memory.",
        static_cast<double>(of.board_events.value()));
  durations("spec_kitty_batch_seconds", "From a batch's arrival to its verdicts.",
            of.batch_seconds);
  durations("spec_kitty_request_seconds", "From a request's head to its reply.",
            of.request_seconds);
}

std::string metrics_text::text() && {
  text_.append("# EOF\n");
  return std::move(text_);
}

} // namespace spec_kitty::server
