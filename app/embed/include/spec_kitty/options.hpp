// What a host decides about its client. Every member has a default that suits a service.
#pragma once

#include "spec_kitty/api.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty {

/// Who brings the events to the server.
enum class deliver_by : std::uint8_t {
  this_process, ///< this client, in the background
  others        ///< a daemon of the home, `sync now`, another client
};

/// What emit does when max_in_flight events are unanswered.
enum class when_full : std::uint8_t {
  block, ///< waits for room, at most block_for, then as `fail`
  fail,  ///< the receipt says `overloaded`
  drop   ///< the same, and the event counts as dropped and not as the caller's to repeat
};

enum class log_level : std::uint8_t { info, warning, error };

/// An event type of the host's own. The server must know it too.
struct event_type_schema {
  std::string name;        ///< a letter, then up to 63 letters and digits; none of the contract's
  std::string json_schema; ///< of the payload; what cannot be enforced is refused by its name
};

/// What client::open and embedded::spawn are told.
struct options {
  /// The folder of state, absolute. Empty: SPEC_KITTY_HOME, else ~/.spec-kitty.
  std::string home{};

  /// Configuration keys with values that count more than the home's config.toml and the
  /// environment: {"sync.max_queue_size", "1000000"}. See `spec-kitty config list`.
  std::map<std::string, std::string> settings{};

  /// An absolute folder in a checkout whose `.kittify/config.yaml` names the project. Empty: none.
  std::string project_folder{};
  /// Or the project itself: a UUID, and a name for people. Not both ways.
  std::string project_uuid{};
  std::string project_slug{}; ///< see project_uuid

  /// Who brings the events to the server.
  deliver_by delivery = deliver_by::this_process;

  std::size_t max_in_flight = 4096;          ///< events handed over and not answered; 1 to 1000000
  when_full full = when_full::block;         ///< what emit does then
  std::chrono::milliseconds block_for{};     ///< only with `block`; 0: 5 s
  std::chrono::milliseconds patience{30000}; ///< of pending_receipt::get()
  /// Whether receipts hold the event as it is stored (receipt::json). A host that does not read it
  /// saves a copy of each event: set it to false.
  bool receipt_json = true;
  std::chrono::milliseconds stop_within{10000}; ///< of the destructor

  std::vector<event_type_schema> event_types{}; ///< beside the contract's eight

  /// Hears what a person may want to know, on any thread; to be left quickly. Nothing: only the
  /// counters of client_status tell.
  std::function<void(log_level, std::string_view)> log{};

  /// The time that events carry. Nothing: the machine's. Called on any thread.
  std::function<std::chrono::system_clock::time_point()> clock{};

  /// Runs callbacks and handlers; may do so at once or later, on any thread, and once it has
  /// accepted one it must not forget it. Nothing: one thread of the client, in order.
  std::function<void(std::function<void()>)> executor{};

  /// Where the modules for HTTPS and WebSocket are. Nothing: where they were installed.
  std::string modules =
#ifdef SPEC_KITTY_MODULES
      SPEC_KITTY_MODULES;
#else
      {};
#endif
};

} // namespace spec_kitty
