// An event's id as messages carry it: 26 characters in place, without memory of their own.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

namespace spec_kitty {

class event_id_text {
public:
  static constexpr std::size_t max_size = 26;

  event_id_text() = default;
  /// A longer text is not an id: it becomes empty, which no event has.
  event_id_text(std::string_view text) // NOLINT(google-explicit-constructor): a text with a bound
      : size_(static_cast<std::uint8_t>(text.size() <= max_size ? text.size() : 0)) {
    std::copy_n(text.begin(), size_, text_.begin());
  }
  event_id_text(const std::string& text) // NOLINT(google-explicit-constructor)
      : event_id_text(std::string_view(text)) {}
  event_id_text(const char* text) // NOLINT(google-explicit-constructor)
      : event_id_text(std::string_view(text)) {}

  std::string_view view() const { return {text_.data(), size_}; }
  std::string str() const { return std::string(view()); }

  friend bool operator==(const event_id_text& left, const event_id_text& right) {
    return left.view() == right.view();
  }
  friend auto operator<=>(const event_id_text& left, const event_id_text& right) {
    return left.view() <=> right.view();
  }
  friend std::ostream& operator<<(std::ostream& out, const event_id_text& id) {
    return out << id.view();
  }

private:
  std::array<char, max_size> text_{};
  std::uint8_t size_ = 0;
};

} // namespace spec_kitty
