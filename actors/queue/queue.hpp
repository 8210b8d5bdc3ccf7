// QUEUE: the actor around the store.
//
// Drafts wait with their promises; the first of a burst sends QUEUE a commit message, which lands
// behind all that is already in the mailbox. So a burst shares one transaction, and each sender is
// answered after the commit: the receipt is the promise that the event is durable. A stream sends
// whole bursts; each is committed when it comes. When QUEUE ends with drafts that wait, its state
// answers them. A store that is locked too long, full or unusable
// does not lose the event: it goes to a spill file, and the receipt says so.
#pragma once

#include "actors/queue/store.hpp"
#include "messages/interfaces.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <utility>
#include <vector>

namespace spec_kitty {

/// Leases that QUEUE gave out and that have not ended: for the QUEUE that is started after it.
/// Their owner is this process, which is alive, so no other process would take them back in time.
class lease_registry {
public:
  void add(std::uint64_t token) {
    const std::lock_guard hold(guard_);
    tokens_.insert(token);
  }
  void remove(std::uint64_t token) {
    const std::lock_guard hold(guard_);
    tokens_.erase(token);
  }
  std::set<std::uint64_t> take_all() {
    const std::lock_guard hold(guard_);
    return std::exchange(tokens_, {});
  }

private:
  std::mutex guard_;
  std::set<std::uint64_t> tokens_;
};

struct queue_config {
  store_options store;
  std::function<epoch_us()> now = wall_clock_now; ///< injected in tests
  std::shared_ptr<lease_registry> leases = {};    ///< set where QUEUE may be started again
};

/// Limit of events in a commit: the transaction stays short for other processes.
inline constexpr std::size_t max_burst = 4096;

struct queue_state {
  ~queue_state();

  /// Opens the store when first needed, merging a clock mirror that is ahead of it.
  result<store*> open();
  void take_in_spilled();
  void give_back_leases();
  /// After something was delivered, and before a run: what a drained store no longer needs.
  void return_space();
  /// Settles, then adds to the journal what was delivered.
  result<settle_outcome> settle(store& s, const settle_request& request);
  void enqueue(event_draft draft, caf::typed_response_promise<append_receipt> waiting);
  void commit();
  /// Makes events durable, in one commit or in a spill file. An answer for each.
  std::vector<result<append_receipt>> record(std::span<const event_draft> events, receipts form);
  /// Remembers the value as the newest one and passes it to CLOCK.
  void publish_clock(std::uint64_t value);
  /// Writes events to a spill file. `ids` are those of a commit whose outcome is unknown.
  std::vector<result<append_receipt>> spill(std::span<const event_draft> events, const failure& why,
                                            const std::vector<std::string>& ids);
  void answer_pending(const failure& why);

  queue_config config;
  std::optional<store> opened;
  std::optional<journal_writer> journal; ///< made with the first settlement
  std::vector<event_draft> drafts;
  /// Of the drafts, in their order.
  std::vector<caf::typed_response_promise<append_receipt>> pending_replies;
  clock_actor clock;
  bool has_clock = false;
  bool returns_space = true;   ///< until it turns out that this file system cannot
  bool is_tidied = false;      ///< what others left was looked for
  bool spilled_before = false; ///< by this process: taken in before the next append
  std::uint64_t last_clock = 0;
  queue_actor::pointer self = nullptr;

  static inline const char* name = "queue";
};

queue_actor::behavior_type queue(queue_actor::stateful_pointer<queue_state> self,
                                 queue_config config);

} // namespace spec_kitty
