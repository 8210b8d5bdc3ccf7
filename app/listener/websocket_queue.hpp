// The queue of one WebSocket: filled by any thread, written out by the I/O thread. Without sockets.
#pragma once

#include "app/listener/websocket.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace spec_kitty::listener {

/// A close that was asked for.
struct close_request {
  std::uint16_t code = 1000;
  std::string reason;
};

class websocket_queue : public websocket_channel,
                        public std::enable_shared_from_this<websocket_queue> {
public:
  using post_function = std::function<void(std::function<void()>)>;

  /// `post` brings work to the I/O thread, and drops it when that has ended.
  websocket_queue(std::size_t max_unsent, post_function post)
      : max_unsent_(max_unsent), post_(std::move(post)) {}

  // Any thread.
  bool send(std::shared_ptr<const std::string> text, std::uint64_t mark) override;
  void resume() override;
  void close(std::uint16_t code, std::string reason) override;
  std::size_t unsent() const override;

  // The I/O thread.

  /// Called there when there is something to do: a message, a close or an overflow.
  void attach(std::function<void()> wake) { wake_ = std::move(wake); }
  /// Nothing is taken from now on, and nobody is woken.
  void detach();
  /// The next message, which stays in the queue until written(); null without one.
  std::shared_ptr<const std::string> front();
  /// The front is out. True when that leaves nothing unsent, for the first time after an overflow.
  bool written();
  /// An overflow that was not looked at yet. What waits behind the message being written is gone.
  std::optional<overflow_report> take_overflow();
  std::optional<close_request> take_close();

private:
  struct queued {
    std::shared_ptr<const std::string> text;
    std::uint64_t mark = 0;
  };
  void wake_later(std::unique_lock<std::mutex>& lock);

  const std::size_t max_unsent_;
  const post_function post_;
  std::function<void()> wake_; ///< I/O thread alone
  mutable std::mutex mutex_;
  std::deque<queued> queue_;
  std::size_t unsent_ = 0;
  std::size_t dropped_ = 0;
  std::uint64_t last_mark_ = 0;  ///< of what was written
  bool front_is_out_ = false;    ///< the front is being written
  bool overflowed_ = false;      ///< nothing is taken until resume()
  bool overflow_is_new_ = false; ///< take_overflow was not called yet
  bool drain_awaited_ = false;
  bool scheduled_ = false; ///< a wake is on its way
  bool closed_ = false;
  std::optional<close_request> close_;
};

} // namespace spec_kitty::listener
