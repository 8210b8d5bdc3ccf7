// One batch on its way through INGEST: what was sent, whose it is, and the answer that it gets
// exactly once, also when an actor that holds it ends.
#pragma once

#include "app/server/actors/caller.hpp"
#include "app/server/core/batch.hpp"
#include "app/server/core/replies.hpp"
#include "app/server/store/types.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace spec_kitty::server {

/// Why a batch gets no verdicts.
struct ingest_refusal {
  int status = 503;
  std::string message;
  std::string code; ///< `error_code`
  std::string limit = {};
  std::uint64_t limit_value = 0;
  unsigned retry_after_s = 0; ///< 0: not said
};

/// What a batch is answered.
struct ingest_answer {
  std::shared_ptr<const event_batch> batch; ///< the verdicts' ids point into it
  std::vector<event_verdict> verdicts;
  std::uint64_t server_clock = 0;
  std::optional<ingest_refusal> refusal; ///< then there are no verdicts
};

/// What a ticket takes of INGEST's bounds.
struct ticket_size {
  store::team_id team = 0;
  std::size_t bytes = 0;
  std::size_t events = 0; ///< known once it was read
};

class ingest_ticket {
public:
  using answer_function = std::function<void(ingest_answer)>;
  using close_function = std::function<void(ticket_size)>;

  ingest_ticket(caller_ptr sender, std::string body, bool packed, answer_function answer)
      : sender_(std::move(sender)), body_(std::move(body)), packed_(packed),
        answer_(std::move(answer)), size_{sender_->team, body_.size(), 0} {}
  ingest_ticket(const ingest_ticket&) = delete;
  ingest_ticket& operator=(const ingest_ticket&) = delete;
  ~ingest_ticket() {
    refuse({503, "the server stopped working on this batch", "unavailable", {}, 0, 1});
    if (closed_)
      closed_(size_);
  }

  const caller& sender() const { return *sender_; }
  bool is_packed() const { return packed_; }
  const ticket_size& size() const { return size_; }
  std::string take_body() { return std::move(body_); }
  /// Called when the ticket is gone.
  void on_close(close_function closed) { closed_ = std::move(closed); }

  void answer(ingest_answer what) {
    if (auto function = std::exchange(answer_, nullptr))
      function(std::move(what));
  }
  void refuse(ingest_refusal why) {
    ingest_answer what;
    what.refusal = std::move(why);
    answer(std::move(what));
  }

  // What the worker notes on the way.
  std::shared_ptr<const custom_types> types; ///< of the team's own hosts; may be null
  std::shared_ptr<event_batch> batch;
  std::vector<store_verdict> stored;   ///< one for each event that went to the store
  std::vector<std::size_t> to_compare; ///< places in `stored` whose leaf differs
  std::uint64_t server_clock = 0;
  epoch_us began = 0;                    ///< of a clock that is never set
  std::shared_ptr<const void> body_hold; ///< of the listener's byte budget

  void note_events(std::size_t events) { size_.events = events; }
  void note_more_bytes(std::size_t bytes) { size_.bytes += bytes; }

private:
  caller_ptr sender_;
  std::string body_;
  bool packed_;
  answer_function answer_;
  close_function closed_;
  ticket_size size_;
};

} // namespace spec_kitty::server
