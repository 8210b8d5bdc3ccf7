#include "app/listener/websocket_queue.hpp"

#include <algorithm>
#include <utility>

namespace spec_kitty::listener {

bool websocket_queue::send(std::shared_ptr<const std::string> text, std::uint64_t mark) {
  if (!text)
    return false;
  std::unique_lock lock(mutex_);
  if (closed_ || overflowed_)
    return false;
  const std::size_t size = text->size();
  if (queue_.size() > 1 && unsent_ - queue_.front().text->size() + size > max_unsent_) {
    overflowed_ = overflow_is_new_ = true;
    dropped_ = size;
    wake_later(lock);
    return false;
  }
  unsent_ += size;
  queue_.push_back({std::move(text), mark});
  wake_later(lock);
  return true;
}

void websocket_queue::resume() {
  const std::lock_guard lock(mutex_);
  if (!overflow_is_new_)
    overflowed_ = false;
}

void websocket_queue::close(std::uint16_t code, std::string reason) {
  constexpr std::size_t max_reason = 123; // RFC 6455, 5.5
  std::unique_lock lock(mutex_);
  if (closed_)
    return;
  closed_ = true;
  reason.resize(std::min(reason.size(), max_reason));
  close_ = close_request{code, std::move(reason)};
  wake_later(lock);
}

std::size_t websocket_queue::unsent() const {
  const std::lock_guard lock(mutex_);
  return unsent_;
}

/// The mailbox has a lock of its own: ours is not held meanwhile.
void websocket_queue::wake_later(std::unique_lock<std::mutex>& lock) {
  if (std::exchange(scheduled_, true))
    return;
  lock.unlock();
  post_([self = shared_from_this()] {
    {
      const std::lock_guard guard(self->mutex_);
      self->scheduled_ = false;
    }
    if (self->wake_)
      self->wake_();
  });
}

void websocket_queue::detach() {
  wake_ = nullptr;
  const std::lock_guard lock(mutex_);
  closed_ = true;
  queue_.clear();
  unsent_ = 0;
}

std::shared_ptr<const std::string> websocket_queue::front() {
  const std::lock_guard lock(mutex_);
  if (queue_.empty())
    return nullptr;
  front_is_out_ = true;
  if (queue_.front().mark != 0)
    last_mark_ = queue_.front().mark;
  return queue_.front().text;
}

bool websocket_queue::written() {
  const std::lock_guard lock(mutex_);
  front_is_out_ = false;
  if (!queue_.empty()) {
    unsent_ -= queue_.front().text->size();
    queue_.pop_front();
  }
  return queue_.empty() && std::exchange(drain_awaited_, false);
}

std::optional<overflow_report> websocket_queue::take_overflow() {
  const std::lock_guard lock(mutex_);
  if (!std::exchange(overflow_is_new_, false))
    return std::nullopt;
  overflow_report report{last_mark_, std::exchange(dropped_, 0)};
  while (queue_.size() > (front_is_out_ ? 1U : 0U)) {
    report.dropped += queue_.back().text->size();
    unsent_ -= queue_.back().text->size();
    queue_.pop_back();
  }
  drain_awaited_ = true;
  return report;
}

std::optional<close_request> websocket_queue::take_close() {
  const std::lock_guard lock(mutex_);
  return std::exchange(close_, std::nullopt);
}

} // namespace spec_kitty::listener
