// A WebSocket as a program sees it: a channel that sends from any thread, and the functions that
// the listener calls.
#pragma once

#include "app/listener/message.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>

namespace spec_kitty::listener {

/// A message that came. The reader pauses while the messages that were handed over and are still
/// held exceed the limit (`max_unhandled_bytes`): keep `hold` as long as the text is waiting.
struct websocket_message {
  std::string text; ///< UTF-8 unless `binary`
  bool binary = false;
  std::shared_ptr<const void> hold;
};

/// One open WebSocket. Every function may be called from any thread, at any time, also after the
/// socket was closed, when it does nothing. Copies of the pointer keep the handle, not the socket.
class websocket_channel {
public:
  websocket_channel() = default;
  websocket_channel(const websocket_channel&) = delete;
  websocket_channel& operator=(const websocket_channel&) = delete;
  virtual ~websocket_channel() = default;

  /// Queues one text message. The text is shared, so a broadcast holds it once for all receivers.
  /// `mark` is the program's own count, such as a sequence number: an overflow names the last mark
  /// that was written. False, and nothing is queued, when the socket is closed or waits for
  /// resume(). A message is always taken when none waits behind the one being written, so that a
  /// snapshot may be larger than the queue.
  virtual bool send(std::shared_ptr<const std::string> text, std::uint64_t mark = 0) = 0;
  /// Takes messages again after an overflow that was answered with catch_up.
  virtual void resume() = 0;
  /// Closes with a code (1000 to 4999) and a reason of at most 123 bytes: what is being written is
  /// completed, what is queued is dropped, and a peer that does not answer is cut after 5 s. 1006,
  /// which never stands in a close frame, cuts the connection at once, as a broken network does.
  virtual void close(std::uint16_t code, std::string reason = {}) = 0;
  /// Bytes that were queued and are not written yet.
  virtual std::size_t unsent() const = 0;
};

/// Why and how a WebSocket ended.
struct websocket_end {
  std::uint16_t code = 1006; ///< of the peer's or our close frame; 1006 when it came without one
  std::string reason;        ///< the peer's text, or what went wrong
};

/// What happens when more than `max_unsent` bytes wait for a peer that reads too slowly.
enum class overflow_action : std::uint8_t {
  close,    ///< close with 1013; a peer that does not read even that is cut after 2 s
  catch_up, ///< drop what is queued and stay open; nothing is taken until resume()
};

/// What an overflow left. Everything after `last_mark` was dropped, and is until resume().
struct overflow_report {
  std::uint64_t last_mark = 0; ///< of the last marked message that is written or being written
  std::size_t dropped = 0;     ///< bytes
};

/// What a program wants to hear. All are called on the socket's I/O thread, one at a time, and must
/// return soon; any may be empty.
struct websocket_events {
  std::function<void(std::shared_ptr<websocket_channel>)> on_open; ///< first, and once
  std::function<void(websocket_message)> on_message;
  /// The queue was over its bound. Empty: close.
  std::function<overflow_action(const overflow_report&)> on_overflow;
  /// What was being written at an overflow that was answered with catch_up is out: time to send
  /// what was missed, after resume().
  std::function<void()> on_drained;
  std::function<void(websocket_end)> on_closed; ///< last, and once if on_open was called
};

/// Either a refusal or what to call for the socket that is accepted.
using upgrade_answer = std::variant<outbound_reply, websocket_events>;
using upgrade_callback = once_callback<upgrade_answer>;

} // namespace spec_kitty::listener
