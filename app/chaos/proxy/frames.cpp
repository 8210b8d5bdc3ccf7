#include "app/chaos/proxy/frames.hpp"

namespace spec_kitty::chaos {

namespace {

unsigned byte_at(std::string_view bytes, std::size_t place) {
  return static_cast<unsigned char>(bytes[place]);
}

char low_byte(std::uint64_t number) {
  return static_cast<char>(static_cast<unsigned char>(number & 255U));
}

void append_number(std::string& out, std::uint64_t number, unsigned bytes) {
  for (unsigned i = bytes; i > 0; --i)
    out += low_byte(number >> (8U * (i - 1)));
}

std::string with_mask(std::string_view payload, std::string_view key) {
  std::string out(payload);
  for (std::size_t i = 0; i < out.size() && !key.empty(); ++i)
    out[i] = low_byte(byte_at(out, i) ^ byte_at(key, i % 4));
  return out;
}

} // namespace

std::optional<ws_frame> first_frame(std::string_view bytes) {
  if (bytes.size() < 2)
    return std::nullopt;
  ws_frame out;
  out.final = (byte_at(bytes, 0) & 0x80U) != 0;
  out.opcode = byte_at(bytes, 0) & 0x0fU;
  out.masked = (byte_at(bytes, 1) & 0x80U) != 0;
  std::uint64_t size = byte_at(bytes, 1) & 0x7fU;
  const unsigned more = size == 126 ? 2 : size == 127 ? 8 : 0;
  std::size_t at = 2 + more + (out.masked ? 4U : 0U);
  if (bytes.size() < at)
    return std::nullopt;
  if (more > 0)
    size = 0;
  for (unsigned i = 0; i < more; ++i)
    size = size << 8U | byte_at(bytes, 2 + i);
  if (out.masked)
    out.mask_key = std::string(bytes.substr(at - 4, 4));
  if (bytes.size() - at < size)
    return std::nullopt;
  out.payload = with_mask(bytes.substr(at, static_cast<std::size_t>(size)), out.mask_key);
  out.raw = std::string(bytes.substr(0, at + out.payload.size()));
  return out;
}

std::string frame_bytes(unsigned opcode, std::string_view payload, std::string_view mask_key) {
  std::string out;
  out += low_byte(0x80U | opcode);
  const unsigned bit = mask_key.empty() ? 0 : 0x80U;
  if (payload.size() < 126) {
    out += low_byte(bit | payload.size());
  } else if (payload.size() < 65536) {
    out += low_byte(bit | 126U);
    append_number(out, payload.size(), 2);
  } else {
    out += low_byte(bit | 127U);
    append_number(out, payload.size(), 8);
  }
  return out + std::string(mask_key) + with_mask(payload, mask_key);
}

std::string close_payload(std::uint64_t code) {
  std::string out;
  append_number(out, code, 2);
  return out;
}

} // namespace spec_kitty::chaos
