// Figures of the server for operators, and their text as OpenMetrics. Counted from any thread.
//
// Names never change once they are released; docs/server-metrics.md says what each one means.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

namespace spec_kitty::server {

class counter {
public:
  void add(std::uint64_t more = 1) { value_.fetch_add(more, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
  std::atomic<std::uint64_t> value_{0};
};

/// A figure that rises and falls.
class gauge {
public:
  void add(std::int64_t more) { value_.fetch_add(more, std::memory_order_relaxed); }
  void set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
  std::atomic<std::int64_t> value_{0};
};

/// Durations in buckets that double, from 1 ms to 32 s.
class duration_histogram {
public:
  static constexpr std::size_t buckets = 16;
  void add(std::uint64_t microseconds);

private:
  friend class metrics_text;
  std::array<std::atomic<std::uint64_t>, buckets + 1> counts_{};
  std::atomic<std::uint64_t> sum_{0};
};

struct service_metrics {
  counter events_success, events_duplicate, events_rejected;
  counter batches, batches_refused;
  counter refused_rate, refused_quota, refused_busy, refused_permission;
  counter logins, logins_failed, logins_limited, sessions_reused, refreshes;
  counter websocket_events_sent, websocket_catch_ups, websockets_revoked;
  counter actor_restarts;
  gauge waiting_batches, waiting_bytes, subscribers, subscribers_behind;
  gauge boards, board_events;
  duration_histogram batch_seconds, request_seconds;
};

/// Writes OpenMetrics line by line.
class metrics_text {
public:
  void count(std::string_view name, std::string_view help, std::uint64_t value);
  void level(std::string_view name, std::string_view help, double value);
  void durations(std::string_view name, std::string_view help, const duration_histogram& of);
  void add(const service_metrics& of);
  /// The whole text, with its end mark.
  std::string text() &&;

private:
  void head(std::string_view name, std::string_view kind, std::string_view help);
  std::string text_;
};

} // namespace spec_kitty::server
