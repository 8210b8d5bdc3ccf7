// QUEUE: the actor around the store.
//
// Appends are parked with their promise; the first of a burst sends QUEUE a commit message, which
// lands behind whatever is already in the mailbox. So a burst shares one transaction, and each
// sender is answered after the commit: the receipt is the promise that the event is durable.
// Should QUEUE die with promises parked, its state answers them.
#pragma once

#include "actors/queue/store.hpp"
#include "messages/interfaces.hpp"

#include <chrono>
#include <functional>
#include <vector>

namespace spec_kitty {

struct queue_config {
  store_options store;
  std::function<epoch_us()> now = wall_clock_now; ///< injected in tests
};

/// Most events in one commit: the transaction stays short for other processes.
inline constexpr std::size_t max_burst = 512;

struct queue_state {
  ~queue_state();

  /// Opens the store when first needed, merging a clock mirror that is ahead of it.
  result<store*> open();
  void commit();
  void answer_parked(const failure& why);

  queue_config config;
  std::optional<store> opened;
  std::vector<event_draft> drafts;
  std::vector<caf::typed_response_promise<append_receipt>> promises;
  clock_actor clock;
  bool has_clock = false;
  std::uint64_t last_clock = 0;
  queue_actor::pointer self = nullptr;

  static inline const char* name = "queue";
};

queue_actor::behavior_type queue(queue_actor::stateful_pointer<queue_state> self,
                                 queue_config config);

} // namespace spec_kitty
