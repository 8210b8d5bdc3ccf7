#include "actors/supervisor/connection.hpp"

#include <algorithm>
#include <utility>

namespace spec_kitty {

using namespace std::chrono_literals;

std::string_view to_string(connection_state state) {
  switch (state) {
  case connection_state::offline:
    return "Offline";
  case connection_state::reconnecting:
    return "Reconnecting";
  case connection_state::connected:
    return "Connected";
  case connection_state::offline_batch_mode:
    return "OfflineBatchMode";
  }
  return "Offline";
}

std::chrono::milliseconds reconnect_delay(unsigned failures, double random) {
  std::chrono::milliseconds delay = 500ms;
  for (unsigned i = 1; i < failures && delay < 30s; ++i)
    delay *= 2;
  const std::chrono::milliseconds jitter{static_cast<long>(random * 2000.0) - 1000};
  return std::max(std::min<std::chrono::milliseconds>(delay, 30s) + jitter, 0ms);
}

void connection_machine::become(connection_state state, std::string reason, epoch_us now) {
  if (status_.state != state || status_.since == 0)
    status_.since = now;
  status_.state = state;
  status_.reason = std::move(reason);
}

connection_machine::order connection_machine::begin_trying(epoch_us now) {
  status_.attempts = 0;
  become(connection_state::reconnecting, "connecting for the first time", now);
  return {0ms};
}

connection_machine::order connection_machine::on_snapshot(epoch_us now) {
  status_.attempts = 0;
  become(connection_state::connected, {}, now);
  return {};
}

connection_machine::order connection_machine::on_end(const failure& why, epoch_us now,
                                                     std::chrono::milliseconds steady) {
  const bool was_connected = status_.state == connection_state::connected;
  if (!was_connected && status_.state != connection_state::reconnecting)
    return {}; // asked to end, or over already
  if (why.code == ec::login_required)
    return go_offline(now, "auth required: " + why.message);
  if (was_connected) {
    if (!losses_.on_fall(steady)) {
      become(connection_state::offline_batch_mode,
             "the connection was lost too often within a minute; last error: " + why.message, now);
      return {offline_retry};
    }
    become(connection_state::reconnecting, why.message, now);
    return {reconnect_delay(1, random_())};
  }
  ++status_.attempts;
  if (status_.attempts >= max_connection_attempts) {
    become(connection_state::offline_batch_mode,
           std::to_string(status_.attempts) + " attempts failed; last error: " + why.message, now);
    return {offline_retry};
  }
  become(connection_state::reconnecting, why.message, now);
  return {reconnect_delay(status_.attempts, random_())};
}

connection_machine::order connection_machine::try_again(epoch_us now, std::string reason) {
  if (status_.state != connection_state::offline_batch_mode)
    return {};
  // The failures still count: one more, and it is OfflineBatchMode again.
  status_.attempts = std::min(status_.attempts, max_connection_attempts - 1);
  become(connection_state::reconnecting, std::move(reason), now);
  return {0ms};
}

connection_machine::order connection_machine::go_offline(epoch_us now, std::string reason) {
  status_.attempts = 0;
  become(connection_state::offline, std::move(reason), now);
  return {std::nullopt, true};
}

} // namespace spec_kitty
