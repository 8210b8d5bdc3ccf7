// The gate in front of the HTTP parser: it looks at the raw bytes of a request's head and refuses
// what parsers read in more than one way. What it lets through has one meaning. Pure.
//
// Source: https://www.rfc-editor.org/rfc/rfc9112 (framing), rfc9110 (fields).
#pragma once

#include "app/listener/limits.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace spec_kitty::listener {

enum class gate_state : std::uint8_t {
  incomplete, ///< so far nothing is wrong; more bytes are needed
  complete,   ///< a whole head that may be parsed
  refused,    ///< answer `status` and close
};

struct gate_verdict {
  gate_state state = gate_state::incomplete;
  std::size_t skipped = 0;   ///< complete: bytes of empty lines before the request line
  std::size_t size = 0;      ///< complete: bytes of the head, with those that are skipped
  int status = 0;            ///< refused: 400, 414, 431, 501 or 505
  std::string_view reason{}; ///< refused: what is wrong, for a person
};

/// Judges one head. It looks at each byte once, however the head arrives, and refuses at the first
/// byte that settles it: neither an HTTP/0.9 request nor a TLS greeting waits for a deadline.
class head_gate {
public:
  explicit head_gate(const listener_limits& limits) : limits_(&limits) {}

  /// `bytes`: everything of this head that has come, from its first byte on; what was seen before
  /// is still there. What follows a complete head is not looked at.
  gate_verdict look(std::string_view bytes);

private:
  gate_verdict judge_line(std::string_view line, std::size_t end);
  gate_verdict judge_request_line(std::string_view line);
  gate_verdict judge_field(std::string_view line);
  gate_verdict judge_value(std::string_view name, std::string_view value);
  gate_verdict judge_whole(std::size_t end) const;
  gate_verdict too_long() const;

  const listener_limits* limits_;
  std::size_t scanned_ = 0;   ///< bytes that were looked at
  std::size_t line_ = 0;      ///< where the line begins that is not complete
  std::size_t skipped_ = 0;   ///< bytes of empty lines before the request line
  bool request_line_ = false; ///< it was seen
  bool version_1_0_ = false;
  std::size_t fields_ = 0;
  unsigned lengths_ = 0; ///< Content-Length fields
  unsigned codings_ = 0; ///< Transfer-Encoding fields
  unsigned hosts_ = 0;
  unsigned authorizations_ = 0;
  bool chunked_alone_ = false; ///< the transfer coding is `chunked` and nothing else
};

/// A request target taken apart.
struct request_target {
  int status = 0; ///< 0: it can be used; else what to answer
  std::string_view path{};
  std::string_view query{};
};

/// `/path?query` and `http://host/path?query`. The host of the second form is not used. `*`, an
/// authority and everything else is refused with 400.
request_target parse_target(std::string_view target);

} // namespace spec_kitty::listener
