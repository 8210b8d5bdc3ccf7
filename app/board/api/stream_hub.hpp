// The open streams of a board: whom what is sent.
//
//   hello {"token","resume"} ─▶ everything, and the events after `resume`
//   a change ──────────────────▶ what differs from what was sent before, to all
//
// From the thread that owns the board.
#pragma once

#include "app/board/core/board_source.hpp"
#include "app/listener/websocket.hpp"
#include "util/json.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace spec_kitty::board {

/// A stream that is open. `allowed`: its hello was right.
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

  /// `admits`: whether a hello is one of this board's page.
  explicit stream_hub(std::function<bool(const json_value& hello)> admits)
      : admits_(std::move(admits)) {}

  void open(const std::shared_ptr<open_stream>& stream);
  void closed(const std::shared_ptr<open_stream>& stream);
  std::size_t count() const { return streams_.size(); }
  /// A message of a stream: its first one must be the hello.
  void heard(const std::shared_ptr<open_stream>& stream, std::string_view text,
             const board_source& board);

  /// What is in the log by now was there before the streams: it is not sent as news.
  void begin_after(const board_source& board) { through_ = board.log().size(); }
  /// Sends what has changed since the last call. `earlier`: events that changed the past.
  void publish(const board_source& board, std::size_t earlier);
  /// Says that the server is alive, and closes streams without a hello for 10 s.
  void tick();

private:
  std::string everything(const board_source& board, std::uint64_t resume);
  void send(const std::string& text);

  const std::function<bool(const json_value& hello)> admits_;
  std::vector<std::shared_ptr<open_stream>> streams_;
  std::map<std::string, std::string> features_; ///< JSON by slug, as sent last
  std::string surroundings_;
  std::size_t through_ = 0; ///< events up to this number of arrival were sent
};

} // namespace spec_kitty::board
