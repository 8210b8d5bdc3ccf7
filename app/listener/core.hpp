// What the I/O threads of one listener share: options, counters and the bounds of all peers at
// once.
#pragma once

#include "app/listener/bounds.hpp"
#include "app/listener/listener.hpp"
#include "app/listener/tls.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace spec_kitty::listener {

/// The counters, from any thread.
class counter_set {
public:
  using counter = std::uint64_t listener_counters::*;

  void add(counter which, std::uint64_t by = 1);
  void subtract(counter which, std::uint64_t by = 1);
  listener_counters snapshot() const;

private:
  mutable listener_counters values_;
};

/// Shared by the I/O threads of a listener; lives longer than each of them.
class listener_core {
public:
  listener_core(listener_options with, listener_handlers call);

  const listener_options options;
  const listener_handlers handlers;
  counter_set counters;
  const std::shared_ptr<byte_budget> budget;
  /// Requests that were handed over and not answered. Shared with callbacks, which may outlive us.
  const std::shared_ptr<std::atomic<std::size_t>> in_flight;
  std::atomic<bool> stopping{false};

  const listener_limits& limits() const { return options.limits; }

  result<void> load_tls();
  /// Of new connections; null without TLS.
  std::shared_ptr<SSL_CTX> tls() const;
  std::optional<std::int64_t> certificate_expiry() const;

  /// Unique in this process; tells nothing about other requests but their number.
  std::string next_request_id();

  /// Counts a connection in; false when it must be closed at once.
  bool admit(const address_bytes& peer);
  void leave(const address_bytes& peer);
  /// Waits until no connection is left.
  bool wait_until_empty(std::chrono::steady_clock::time_point until);

private:
  bool is_counted(const address_bytes& peer) const { return !options.proxies.contains(peer); }

  ticket_keys ticket_keys_;
  mutable std::mutex mutex_;
  tls_context tls_;
  std::condition_variable left_;
  std::size_t connections_ = 0;
  address_counts addresses_;
  std::string id_prefix_;
  std::atomic<std::uint64_t> next_id_{1};
};

/// A connection that was admitted, until it ends.
class connection_ticket {
public:
  connection_ticket(listener_core& core, const address_bytes& peer) : core_(&core), peer_(peer) {}
  connection_ticket(connection_ticket&& other) noexcept
      : core_(std::exchange(other.core_, nullptr)), peer_(other.peer_) {}
  connection_ticket& operator=(connection_ticket&&) = delete;
  connection_ticket(const connection_ticket&) = delete;
  connection_ticket& operator=(const connection_ticket&) = delete;
  ~connection_ticket() {
    if (core_ != nullptr)
      core_->leave(peer_);
  }
  const address_bytes& peer() const { return peer_; }

private:
  listener_core* core_;
  address_bytes peer_;
};

} // namespace spec_kitty::listener
