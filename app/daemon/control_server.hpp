// The daemon's side of control: clients, their lines, their deadlines. One thread, no blocking: the
// daemon's loop asks which descriptors to poll and passes the result of poll back.
#pragma once

#include "util/json.hpp"
#include "util/unix_socket.hpp"

#include <poll.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace spec_kitty {

class control_server {
public:
  using clock = std::chrono::steady_clock;
  /// The reply to a request, one line; `watching` makes the client receive notices from then on.
  using responder = std::function<std::string(const json_value& request, bool& watching)>;

  control_server(unique_fd listener, responder answer)
      : listener_(std::move(listener)), answer_(std::move(answer)) {}

  /// Appends the descriptors to poll.
  void add_to(std::vector<pollfd>& list) const;
  /// Handles the result of poll for them; they begin at `first`.
  void handle(const std::vector<pollfd>& list, std::size_t first);
  /// False: a notice needs no line.
  bool has_watchers() const;
  /// Sends a line to every watcher. A watcher that does not read is dropped.
  void notify_watchers(const std::string& line);
  /// When drop_overdue has something to do: a silent client is dropped after 5 s.
  std::optional<clock::time_point> next_deadline() const;
  void drop_overdue();

private:
  struct client {
    unique_fd fd;
    std::string in;
    std::string out;
    bool watching = false;
    bool over = false;
    clock::time_point deadline;
  };

  void accept_all();
  void read_from(client& client);
  void answer(client& client, const std::string& line);
  static void flush(client& client);

  unique_fd listener_;
  responder answer_;
  std::vector<client> clients_;
  std::optional<clock::time_point> accept_paused_until_; ///< no new connections until then
};

/// `{"ok":false,"error":{…}}`.
std::string refusal_line(const failure& why);

} // namespace spec_kitty
