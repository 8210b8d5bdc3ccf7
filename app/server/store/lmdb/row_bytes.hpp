// Bytes of rows: fixed-width numbers, most significant byte first, and texts with their length.
//
// A field that was added later is missing at the end of an older row: at_end() says so before it is
// read. Anything else that does not fit is damage, and is thrown.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace spec_kitty::server::store {

/// A row or a block that the store cannot have written.
class damaged_row : public std::runtime_error {
public:
  explicit damaged_row(const std::string& what) : std::runtime_error(what) {}
};

/// Appends to a text, whose memory can be used again.
class row_writer {
public:
  explicit row_writer(std::string& out) : out_(out) {}

  row_writer& u8(std::uint8_t value) { return number(value, 1); }
  row_writer& u16(std::uint16_t value) { return number(value, 2); }
  row_writer& u32(std::uint32_t value) { return number(value, 4); }
  row_writer& u64(std::uint64_t value) { return number(value, 8); }
  row_writer& i64(std::int64_t value) { return u64(static_cast<std::uint64_t>(value)); }
  row_writer& flag(bool value) { return u8(value ? 1 : 0); }
  template <std::size_t n>
  row_writer& raw(const std::array<std::uint8_t, n>& bytes) {
    out_.append(reinterpret_cast<const char*>(bytes.data()), n);
    return *this;
  }
  row_writer& raw(std::string_view bytes) {
    out_.append(bytes);
    return *this;
  }
  row_writer& text(std::string_view bytes) {
    return u32(static_cast<std::uint32_t>(bytes.size())).raw(bytes);
  }

private:
  row_writer& number(std::uint64_t value, int width) {
    for (int shift = (width - 1) * 8; shift >= 0; shift -= 8)
      out_ += static_cast<char>((value >> shift) & 0xFF);
    return *this;
  }

  std::string& out_;
};

/// Reads what row_writer wrote; throws damaged_row where the row ends too early.
class row_reader {
public:
  explicit row_reader(std::string_view bytes) : left_(bytes) {}

  std::uint8_t u8() { return static_cast<std::uint8_t>(number<1>()); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(number<2>()); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(number<4>()); }
  std::uint64_t u64() { return number<8>(); }
  std::int64_t i64() { return static_cast<std::int64_t>(number<8>()); }
  bool flag() { return u8() != 0; }
  template <std::size_t n>
  std::array<std::uint8_t, n> raw() {
    std::array<std::uint8_t, n> out{};
    const auto bytes = take(n);
    for (std::size_t i = 0; i < n; ++i)
      out[i] = static_cast<std::uint8_t>(bytes[i]);
    return out;
  }
  std::string_view text() { return take(u32()); }
  bool at_end() const { return left_.empty(); }
  std::string_view rest() const { return left_; }

private:
  std::string_view take(std::size_t size) {
    if (size > left_.size())
      throw damaged_row("a row is too short");
    const auto out = left_.substr(0, size);
    left_.remove_prefix(size);
    return out;
  }
  template <std::size_t width>
  std::uint64_t number() {
    // Without a loop, compilers see that it is one load.
    return [bytes = take(width)]<std::size_t... at>(std::index_sequence<at...>) {
      return (... | (std::uint64_t{static_cast<std::uint8_t>(bytes[at])} << 8 * (width - 1 - at)));
    }
    (std::make_index_sequence<width>{});
  }

  std::string_view left_;
};

} // namespace spec_kitty::server::store
