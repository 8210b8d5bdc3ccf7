// The open streams of a board: whom what is sent.
//
//   hello {"token","resume"} ─▶ everything, and the events after `resume`
//   a change ──────────────────▶ what differs from what was sent before, to all
//
// From the board's own thread, but for take().
#pragma once

#include "app/board/sources/local_board.hpp"
#include "app/listener/websocket.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace spec_kitty::board {

/// A stream that is open. `allowed`: its token was right.
struct open_stream {
  std::shared_ptr<listener::websocket_channel> channel;
  epoch_us since = 0; ///< on the clock of steady_now
  bool allowed = false;
};

class stream_hub {
public:
  /// Events that one message holds; a reader that missed more asks for them.
  static constexpr std::size_t max_events = 500;
  static constexpr std::size_t max_streams = 200;

  explicit stream_hub(std::string token) : token_(std::move(token)) {}

  void open(const std::shared_ptr<open_stream>& stream);
  void closed(const std::shared_ptr<open_stream>& stream);
  /// A message of a stream: its first one must be the hello.
  void heard(const std::shared_ptr<open_stream>& stream, std::string_view text,
             const local_board& board);

  /// What is in the log by now was there before the streams: it is not sent as news.
  void begin_after(const local_board& board) { through_ = board.log().size(); }
  /// Sends what has changed since the last call. `earlier`: events that changed the past.
  void publish(const local_board& board, std::size_t earlier);
  /// Says that the server is alive, and closes streams without a hello for 10 s.
  void tick();

private:
  std::string everything(const local_board& board, std::uint64_t resume);
  void send(const std::string& text);

  const std::string token_;
  std::vector<std::shared_ptr<open_stream>> streams_;
  std::map<std::string, std::string> features_; ///< JSON by slug, as sent last
  std::string surroundings_;
  std::size_t through_ = 0; ///< events up to this number of arrival were sent
};

} // namespace spec_kitty::board
