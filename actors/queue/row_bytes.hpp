// The bytes of a stored row: numbers little-endian, texts behind their length. Pure.
#pragma once

#include "messages/ulid.hpp"

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace spec_kitty {

/// Appends fixed-size values.
class byte_writer {
public:
  template <class T>
  byte_writer& operator<<(T value) {
    static_assert(std::is_arithmetic_v<T>);
    out_.append(reinterpret_cast<const char*>(&value), sizeof value);
    return *this;
  }
  byte_writer& operator<<(const ulid& id) {
    out_.append(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size());
    return *this;
  }
  byte_writer& operator<<(std::string_view text) {
    *this << static_cast<std::uint32_t>(text.size());
    out_.append(text);
    return *this;
  }
  std::string take() { return std::move(out_); }

private:
  std::string out_;
};

/// Reads them back; `ok` turns false, and stays so, when the bytes end too early.
class byte_reader {
public:
  explicit byte_reader(std::string_view bytes) : rest_(bytes) {}

  template <class T>
  byte_reader& operator>>(T& value) {
    static_assert(std::is_arithmetic_v<T>);
    if (const auto bytes = take(sizeof value); ok_)
      std::memcpy(&value, bytes.data(), sizeof value);
    return *this;
  }
  byte_reader& operator>>(ulid& id) {
    if (const auto bytes = take(id.bytes.size()); ok_)
      std::memcpy(id.bytes.data(), bytes.data(), id.bytes.size());
    return *this;
  }
  byte_reader& operator>>(std::string& text) {
    std::uint32_t size = 0;
    *this >> size;
    text = take(size);
    return *this;
  }
  bool ok() const { return ok_; }
  bool whole() const { return ok_ && rest_.empty(); }

private:
  std::string_view take(std::size_t size) {
    ok_ = ok_ && size <= rest_.size();
    const std::string_view taken = ok_ ? rest_.substr(0, size) : std::string_view{};
    rest_.remove_prefix(taken.size());
    return taken;
  }
  std::string_view rest_;
  bool ok_ = true;
};

} // namespace spec_kitty
