// The daemon's side of control: clients, their lines, their deadlines. One thread, no blocking: the
// daemon's loop asks which descriptors to poll and passes the result of poll back.
#pragma once

#include "app/home/log_reader.hpp"
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
  /// The reply to a request, one line; a `watch` makes the client receive notices from then on,
  /// and events of others as that reader takes them.
  using responder =
      std::function<std::string(const json_value& request, std::optional<log_reader>& watch)>;

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
  /// An event of others, in a line: to those whose readers take it. One that does not read falls
  /// behind, and is reported later.
  void notify_event(const event_received& event, const std::string& line);
  /// The connection continues behind a place; `remark` makes a line of words.
  using line_of_words = std::function<std::string(const std::string& words)>;
  void notify_joined(const log_joined& where, const std::string& line, const line_of_words& remark);
  /// Pages that watchers want now. `reader` tells whose each is.
  std::vector<log_page_request> page_requests();
  using line_of_event = std::function<std::string(const event_received& event)>;
  void take_page(const log_page_read& read, const line_of_event& line, const line_of_words& remark);
  /// Pages that were asked for will not come.
  void forget_pages();
  /// A watcher catches up: page_requests() is to be asked again within a second.
  bool has_readers_behind() const;
  /// When drop_overdue has something to do: a silent client is dropped after 5 s.
  std::optional<clock::time_point> next_deadline() const;
  void drop_overdue();

private:
  struct client {
    unique_fd fd;
    std::string in;
    std::string out;
    std::uint64_t id = 0;
    std::optional<log_reader> watch; ///< it receives notices
    bool over = false;
    clock::time_point deadline;
  };

  void accept_all();
  void read_from(client& client);
  void answer(client& client, const std::string& line);
  static void flush(client& client);
  static void send_line(client& client, const std::string& line);

  unique_fd listener_;
  responder answer_;
  std::vector<client> clients_;
  std::uint64_t last_id_ = 0;
  std::optional<clock::time_point> accept_paused_until_; ///< no new connections until then
};

/// `{"ok":false,"error":{…}}`.
std::string refusal_line(const failure& why);

} // namespace spec_kitty
