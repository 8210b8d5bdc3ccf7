// Where a session waits for the program's answer, and the callback that brings it there. With
// Boost; for the listener's own sources alone.
#pragma once

#include "app/listener/io_thread.hpp"
#include "app/listener/message.hpp"
#include "app/listener/stream.hpp"

#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

namespace spec_kitty::listener {

template <class Answer>
struct answer_slot {
  explicit answer_slot(const stream::executor_type& executor) : wake(executor) {}
  std::optional<Answer> answer;
  net::steady_timer wake; ///< ends when the time of handling is over, or with the answer
};

/// Counts the request in, and out when it is answered. The callback may be called on any thread and
/// after the session, and its I/O thread, ended.
template <class Answer>
once_callback<Answer> callback_into(const std::shared_ptr<answer_slot<Answer>>& slot,
                                    std::shared_ptr<io_mailbox> mailbox,
                                    std::shared_ptr<std::atomic<std::size_t>> in_flight) {
  ++*in_flight;
  return once_callback<Answer>([in_flight = std::move(in_flight), mailbox = std::move(mailbox),
                                weak = std::weak_ptr(slot)](Answer answer) {
    --*in_flight;
    // The slot is looked for on the I/O thread alone: its timer must not outlive that.
    mailbox->post([weak, answer = std::move(answer)]() mutable {
      if (const auto waiting = weak.lock()) {
        waiting->answer = std::move(answer);
        waiting->wake.cancel();
      }
    });
  });
}

} // namespace spec_kitty::listener
