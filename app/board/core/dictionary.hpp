// Texts by number: what stands often in a log is kept there in four bytes.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

namespace spec_kitty::board {

/// The number of no text.
inline constexpr std::uint32_t no_index = ~std::uint32_t{0};

class dictionary {
public:
  /// The number of a text, which is added where it is new.
  std::uint32_t add(std::string_view text) {
    if (const auto known = numbers_.find(text); known != numbers_.end())
      return known->second;
    const auto number = static_cast<std::uint32_t>(texts_.size());
    numbers_.emplace(texts_.emplace_back(text), number);
    return number;
  }
  /// The number of a text, or no_index.
  std::uint32_t find(std::string_view text) const {
    const auto known = numbers_.find(text);
    return known == numbers_.end() ? no_index : known->second;
  }
  /// The text of a number; empty for no_index.
  std::string_view text(std::uint32_t number) const {
    return number < texts_.size() ? std::string_view(texts_[number]) : std::string_view();
  }
  std::uint32_t size() const { return static_cast<std::uint32_t>(texts_.size()); }

private:
  std::deque<std::string> texts_; ///< their bytes stay where they are
  std::unordered_map<std::string_view, std::uint32_t> numbers_;
};

} // namespace spec_kitty::board
