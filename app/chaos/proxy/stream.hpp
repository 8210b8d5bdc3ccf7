// One socket of a proxy, never waited for: what has come, and what waits to be written, each piece
// at its time and pace.
#pragma once

#include "app/chaos/proxy/fault.hpp"

#include <chrono>
#include <deque>
#include <optional>
#include <string>

namespace spec_kitty::chaos {

class stream {
public:
  using clock = std::chrono::steady_clock;
  using instant = clock::time_point;

  /// Takes over a connected socket; -1: an absent one, which takes everything.
  explicit stream(int socket);
  ~stream();
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;

  int socket() const { return socket_; }
  /// Whether the other side has sent all it will, or is gone.
  bool ended() const { return ended_; }
  /// Whether nothing can be written any more.
  bool closed() const { return socket_ < 0; }
  /// Whether everything was written that was put in.
  bool flushed() const { return out_.empty(); }

  /// Reads what there is into `in`.
  void read_some();
  /// Appends a piece, to be written so much later than now, at that pace.
  void put(std::string bytes, std::chrono::milliseconds delay = {}, std::uint64_t bytes_per_ms = 0);
  /// Ends the socket as soon as everything was written. `stay` and `hole` do nothing.
  void end(ending how);
  /// Writes what is due, and ends when that is due.
  void write_some(instant now);
  /// Whether a piece is due and waits for room.
  bool wants_capacity(instant now) const;
  /// When the next piece is due; nothing when none waits.
  std::optional<instant> next_due() const;

  std::string in;

private:
  struct piece {
    std::string bytes;
    instant due;
    std::uint64_t bytes_per_ms = 0;
  };
  void close_now();

  int socket_;
  bool ended_ = false;
  ending after_ = ending::stay;
  std::deque<piece> out_;
};

} // namespace spec_kitty::chaos
