// WebSocket frames (RFC 6455, section 5.2) as bytes: found in a buffer, and written. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spec_kitty::chaos {

struct ws_frame {
  static constexpr unsigned text = 1;
  static constexpr unsigned close = 8;

  std::string raw; ///< as it came
  unsigned opcode = 0;
  bool final = true;
  bool masked = false;  ///< what a client sends is
  std::string payload;  ///< unmasked
  std::string mask_key; ///< four bytes where it is masked
};

/// The frame at the beginning of `bytes`; nothing while it is not whole.
std::optional<ws_frame> first_frame(std::string_view bytes);

/// The bytes of a frame with that opcode and payload, masked with `mask_key` where it has one.
std::string frame_bytes(unsigned opcode, std::string_view payload, std::string_view mask_key = {});

/// A close frame's payload: a code, big-endian, and no reason.
std::string close_payload(std::uint64_t code);

} // namespace spec_kitty::chaos
