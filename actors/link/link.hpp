// The seam between WEBSOCKET (the actor) and libwebsockets, which lives with OpenSSL in a module
// that only a process with a WebSocket loads; emit never pays for it.
#pragma once

#include "messages/link.hpp"
#include "util/result.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace spec_kitty {

/// Called on the link's thread, one at a time. None is called once `ended` was.
struct link_handlers {
  std::function<void()> opened; ///< the upgrade was accepted; at most once
  /// Whole text messages, UTF-8: all that one read has brought.
  std::function<void(std::vector<std::string>)> texts;
  std::function<void()> drained;         ///< unsent() has come down to 0
  std::function<void(link_ended)> ended; ///< exactly once
};

/// One connection on a service thread of its own, from its making to its end. Every function may
/// be called from any thread.
class ws_link {
public:
  /// Ends the connection at once where it is still there (`ended` with `asked` comes before the
  /// destructor returns, unless it came before), and waits a second at most for the thread.
  virtual ~ws_link() = default;

  /// Queues text messages. Nothing after the end.
  virtual void send(std::vector<std::string> texts) = 0;

  /// The receiver is done with so many bytes of text: reading resumes when too much was unread.
  virtual void taken(std::size_t bytes) = 0;

  /// Closes with 1000 after what was queued is sent; ends as `asked`, after 1 s at the latest.
  virtual void close() = 0;

  /// Bytes queued by send() and not handed to the kernel yet.
  virtual std::size_t unsent() const = 0;
};

/// Opens a connection; a failure only where the library itself cannot be used. What becomes of the
/// connection is reported by the handlers.
using link_factory = std::function<result<std::unique_ptr<ws_link>>(link_request, link_handlers)>;

/// What the module exports, under the name `spec_kitty_link_module`. A module of another version
/// is refused.
struct link_module {
  const char* version;
  ws_link* (*open)(link_request, link_handlers);
};

/// Loads the module when it is first needed, from `folder` where one is named, and opens a
/// connection with it.
result<std::unique_ptr<ws_link>> open_link(link_request request, link_handlers handlers,
                                           const std::filesystem::path& folder = {});

} // namespace spec_kitty
