// What a proxy can do to an exchange or to a frame: values, nothing is done here.
//
// An exchange is one request and its reply. How the bytes of each direction are passed on is a
// `shape`; a lying server is a function that gives another reply than the server's. A fault waits
// in the proxy until something comes by that it fits, and is used as often as it says.
#pragma once

#include "app/chaos/proxy/http_text.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::chaos {

/// An event of a batch that passes.
struct passing_event {
  std::string event_id;
  std::string marker;
  std::string team;
  std::uint64_t lamport_clock = 0;
  bool guilty = false; ///< the server is to refuse it
};

/// A request on its way, unpacked.
struct exchange {
  http_text request;
  std::string path;
  std::vector<passing_event> events; ///< of a batch

  bool has_guilty() const;
};

/// What becomes of a connection after the bytes that were passed on.
enum class ending {
  stay, ///< it stays open
  fin,  ///< it is closed
  rst,  ///< it is reset
  hole, ///< it stays open, and nothing comes any more
};

inline constexpr std::size_t all_of_it = std::numeric_limits<std::size_t>::max();

/// How the bytes of one direction of an exchange are passed on.
struct shape {
  std::chrono::milliseconds delay{0};
  std::size_t most = all_of_it;    ///< bytes; what is more is lost
  std::uint64_t bytes_per_ms = 0;  ///< 0: at once
  std::optional<std::size_t> flip; ///< the place of a byte in which a bit is turned, modulo size
  ending after = ending::stay;     ///< of the client's connection
};

/// A fault of whole exchanges.
struct exchange_fault {
  std::string name;
  std::string_view path; ///< of protocol.hpp; empty: any
  unsigned times = 1;    ///< how often it strikes; 0: until it is taken away
  shape up;              ///< the request. What is cut never reaches the server whole
  shape down;            ///< the reply
  std::optional<std::chrono::milliseconds> again; ///< the request is sent once more so much later
  /// A reply in place of asking the server; nothing: this exchange is not struck.
  std::function<std::optional<std::string>(const exchange&)> instead;
  /// A reply in place of the server's.
  std::function<std::string(const exchange&, const http_text& reply)> change;
};

enum class direction { up, down }; ///< client to server, server to client

/// A fault of one text frame of a WebSocket.
struct frame_fault {
  enum class kind { drop, twice, delay, cut, corrupt, swap, close, hole, insert };

  std::string name;
  kind what = kind::drop;
  direction way = direction::down;
  /// delay: ms; cut: bytes of the frame that still pass; close: the code; corrupt: 0 bytes that
  /// are not UTF-8, 1 a text that is not JSON.
  std::uint64_t amount = 0;
  std::string text; ///< insert: of a frame that goes before it
  unsigned times = 1;
};

} // namespace spec_kitty::chaos
