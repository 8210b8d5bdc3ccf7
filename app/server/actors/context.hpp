// What all actors of a server share: its options, store, keys and figures, and where each actor is
// now. From any thread.
#pragma once

#include "app/server/actors/caller.hpp"
#include "app/server/actors/interfaces.hpp"
#include "app/server/actors/known_names.hpp"
#include "app/server/actors/request_notes.hpp"
#include "app/server/actors/service.hpp"
#include "app/server/core/metrics.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

namespace spec_kitty::server {

/// A value that is replaced as a whole now and then, and read by any thread.
template <class T>
class shared_value {
public:
  T get() const {
    const std::lock_guard hold(guard_);
    return value_;
  }
  void set(T value) {
    const std::lock_guard hold(guard_);
    value_ = std::move(value);
  }
  void clear() { set(T{}); }

private:
  mutable std::mutex guard_;
  T value_{};
};

struct server_context {
  service_options options;
  shared_value<std::shared_ptr<const signing_keys>> keys;
  shared_value<std::string> url; ///< of the pages
  shared_value<std::function<listener::listener_counters()>> listener_counters;
  caller_cache callers;
  known_names names;
  request_notes notes;
  service_metrics metrics;
  std::atomic<bool> stopping{false};

  // Empty while the actor is being restarted.
  shared_value<router_actor> router;
  shared_value<sessions_actor> sessions;
  shared_value<ingest_actor> ingest;
  shared_value<hub_actor> hub;
  shared_value<boards_actor> boards;

  epoch_us wall() const { return options.wall_clock(); }
  epoch_s wall_s() const { return options.wall_clock() / 1'000'000; }
  epoch_us steady() const { return options.steady_clock(); }
  store::engine& engine() const { return *options.engine; }
  store::accounts& accounts() const { return options.engine->directory(); }
  /// When an answer of the store has to be there.
  store::deadline store_deadline() const {
    return std::chrono::steady_clock::now() + std::chrono::seconds(20);
  }
};
using context_ptr = std::shared_ptr<server_context>;

} // namespace spec_kitty::server
