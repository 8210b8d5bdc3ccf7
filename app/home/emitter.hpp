// The process's one emitter: it owns the clock's and the queue's actors, the auth context (which
// team an event belongs to) and routing (which project). Commands hand it a type and a payload;
// it validates, then posts to QUEUE and nowhere else. It opens no network file.
#pragma once

#include "app/home/doorbell.hpp"
#include "app/home/home_view.hpp"
#include "app/home/local_system.hpp"
#include "app/home/prepare.hpp"
#include "messages/queue.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty {

/// Takes a sentence for a person; it may come more than once.
using warning_sink = std::function<void(std::string_view)>;

/// What an emitter knows when it has ended.
struct emit_outcome {
  std::uint64_t queued = 0;         ///< events that wait in this home, held ones included
  delivery rang = delivery::nobody; ///< whether the daemon took the ring
};

class emitter {
public:
  /// Reads the auth context and the project of the current folder; opens no store yet. What could
  /// not be read is a warning: the event is recorded all the same. Actors of a command's own need
  /// `threads`; QUEUE and CLOCK alone do not.
  emitter(const home_view& view, const warning_sink& warn, std::size_t threads = 0);
  /// Where finish() was not called (an exception): ends the actors without waiting.
  ~emitter();
  emitter(const emitter&) = delete;
  emitter& operator=(const emitter&) = delete;

  /// Validates a request and completes it to a draft. Stores nothing.
  result<event_draft> prepare(const emit_request& request) const;

  /// For a line of `emit --stdin`: the draft, or why it is refused.
  result<event_draft> prepare(std::string_view line,
                              const std::optional<std::string>& feature) const;
  /// The fast way to the same; see prepare_plain_line.
  bool prepare_plain(std::string_view line, const std::optional<std::string>& feature,
                     plain_line& found, event_draft& into) const;
  /// What prepare_plain can complete.
  event_draft blank() const { return blank_draft(known_); }

  /// Posts drafts to QUEUE and waits until each is durable or refused; answers in order.
  std::vector<result<append_receipt>> record(std::vector<event_draft> drafts);

  /// The same for a stream's burst, in one commit; it holds the answers afterwards. `meanwhile`
  /// runs while it is committed. Where QUEUE gives no answer, the burst is another one, with
  /// failures.
  void record(std::shared_ptr<event_burst>& burst, const std::function<void()>& meanwhile);

  /// Adds to the home's count of dropped events.
  result<void> count_dropped(std::uint64_t events);

  /// The actor system that QUEUE and CLOCK are in, for a command's own actors. They end before
  /// finish() is called.
  caf::actor_system& system() { return actors().system(); }

  /// Rings the daemon where something became durable since the last ring: for a stream that
  /// continues.
  void ring_daemon();

  /// The end: clock.json is current, then the daemon is rung, so that its work does not meet this
  /// process's own. Returns where the events stand; nothing where no event was recorded. Every
  /// owner that has recorded calls it, also after a failure.
  std::optional<emit_outcome> finish();

private:
  local_system& actors();
  void note_recorded(const std::vector<result<append_receipt>>& answers);

  const emit_context known_;
  const std::size_t threads_;
  store_options store_;
  std::unique_ptr<local_system> actors_; ///< made with the first event
  std::optional<std::uint64_t> queued_;  ///< after the last event that became durable
  bool to_ring_ = false;
};

} // namespace spec_kitty
