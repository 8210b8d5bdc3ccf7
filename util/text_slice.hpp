// A part of a text that all its parts keep alive: many texts in one buffer, each passed on alone.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace spec_kitty {

class text_slice {
public:
  text_slice() = default;
  /// A text of its own.
  text_slice(std::string text) // NOLINT(google-explicit-constructor): a text is a slice of itself
      : whole_(std::make_shared<const std::string>(std::move(text))), view_(*whole_) {}
  text_slice(const char* text)
      : text_slice(std::string(text)) {} // NOLINT(google-explicit-constructor)
  /// `size` bytes of a whole, from `at` on.
  text_slice(std::shared_ptr<const std::string> whole, std::size_t at, std::size_t size)
      : whole_(std::move(whole)), view_(std::string_view(*whole_).substr(at, size)) {}

  std::string_view view() const { return view_; }
  std::size_t size() const { return view_.size(); }

  friend bool operator==(const text_slice& slice, std::string_view other) {
    return slice.view_ == other;
  }

private:
  std::shared_ptr<const std::string> whole_;
  std::string_view view_;
};

} // namespace spec_kitty
