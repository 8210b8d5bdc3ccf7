#include "app/listener/core.hpp"

#include "util/random.hpp"
#include "util/timestamp.hpp"

#include <cstdio>

namespace spec_kitty::listener {

namespace {

constexpr std::array<counter_set::counter, 25> all_counters = {
    &listener_counters::accepted,
    &listener_counters::refused_total_cap,
    &listener_counters::refused_address_cap,
    &listener_counters::refused_untrusted,
    &listener_counters::accept_failures,
    &listener_counters::tls_handshakes,
    &listener_counters::tls_failures,
    &listener_counters::requests,
    &listener_counters::replies_2xx,
    &listener_counters::replies_4xx,
    &listener_counters::replies_5xx,
    &listener_counters::heads_refused,
    &listener_counters::bodies_refused,
    &listener_counters::timeouts_head,
    &listener_counters::timeouts_body,
    &listener_counters::timeouts_idle,
    &listener_counters::timeouts_handling,
    &listener_counters::timeouts_reply,
    &listener_counters::websockets_opened,
    &listener_counters::websocket_messages_in,
    &listener_counters::websocket_messages_out,
    &listener_counters::websocket_overflows,
    &listener_counters::connections,
    &listener_counters::websockets,
    &listener_counters::requests_in_flight,
};
// body_bytes is read from the budget; a new counter needs its line above.
static_assert(sizeof(listener_counters) == (all_counters.size() + 1) * sizeof(std::uint64_t));

std::string draw_prefix() {
  std::array<std::uint8_t, 4> bytes{};
  fill_random(bytes);
  std::array<char, 9> text{};
  (void)std::snprintf(text.data(), text.size(), "%02x%02x%02x%02x", bytes[0], bytes[1], bytes[2],
                      bytes[3]);
  return text.data();
}

} // namespace

void counter_set::add(counter which, std::uint64_t by) {
  std::atomic_ref<std::uint64_t>(values_.*which).fetch_add(by, std::memory_order_relaxed);
}

void counter_set::subtract(counter which, std::uint64_t by) {
  std::atomic_ref<std::uint64_t>(values_.*which).fetch_sub(by, std::memory_order_relaxed);
}

listener_counters counter_set::snapshot() const {
  listener_counters copy;
  for (const auto which : all_counters)
    copy.*which = std::atomic_ref<std::uint64_t>(values_.*which).load(std::memory_order_relaxed);
  return copy;
}

listener_core::listener_core(listener_options with, listener_handlers call)
    : options(std::move(with)), handlers(std::move(call)),
      budget(std::make_shared<byte_budget>(options.limits.max_body_bytes)),
      in_flight(std::make_shared<std::atomic<std::size_t>>(0)),
      ticket_keys_(std::chrono::steady_clock::now()), id_prefix_(draw_prefix()) {}

result<void> listener_core::load_tls() {
  if (!options.tls)
    return {};
  auto made = make_tls_context(*options.tls, ticket_keys_, wall_clock_now() / 1'000'000);
  if (!made)
    return made.error();
  const std::lock_guard lock(mutex_);
  tls_ = std::move(*made);
  return {};
}

std::shared_ptr<SSL_CTX> listener_core::tls() const {
  const std::lock_guard lock(mutex_);
  return tls_.settings;
}

std::optional<std::int64_t> listener_core::certificate_expiry() const {
  const std::lock_guard lock(mutex_);
  return tls_.settings ? std::optional{tls_.expires} : std::nullopt;
}

std::string listener_core::next_request_id() {
  return id_prefix_ + "-" + std::to_string(next_id_.fetch_add(1, std::memory_order_relaxed));
}

bool listener_core::admit(const address_bytes& peer) {
  counters.add(&listener_counters::accepted);
  if (!options.tls && !options.proxies.empty() && !options.proxies.contains(peer)) {
    counters.add(&listener_counters::refused_untrusted);
    return false;
  }
  const std::lock_guard lock(mutex_);
  if (connections_ >= limits().max_connections) {
    counters.add(&listener_counters::refused_total_cap);
    return false;
  }
  if (is_counted(peer) && !addresses_.add(peer, limits().max_connections_per_address)) {
    counters.add(&listener_counters::refused_address_cap);
    return false;
  }
  ++connections_;
  counters.add(&listener_counters::connections);
  return true;
}

void listener_core::leave(const address_bytes& peer) {
  if (is_counted(peer))
    addresses_.remove(peer);
  counters.subtract(&listener_counters::connections);
  const std::lock_guard lock(mutex_);
  --connections_;
  left_.notify_all();
}

bool listener_core::wait_until_empty(std::chrono::steady_clock::time_point until) {
  std::unique_lock lock(mutex_);
  return left_.wait_until(lock, until, [&] { return connections_ == 0; });
}

} // namespace spec_kitty::listener
