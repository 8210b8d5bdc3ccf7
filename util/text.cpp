#include "util/text.hpp"

#include "util/utf8.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace spec_kitty {

std::string lower_case(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

std::string count_of(std::uint64_t count, std::string_view word, std::string_view plural) {
  std::string text = std::to_string(count) + " ";
  if (count != 1 && !plural.empty())
    return text.append(plural);
  return text.append(word).append(count == 1 ? "" : "s");
}

std::string duration_words(std::chrono::microseconds time) {
  struct unit {
    std::int64_t seconds;
    const char* name;
  };
  constexpr std::array<unit, 4> units = {
      {{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}}};
  const std::int64_t seconds = std::max<std::int64_t>(time.count() / 1000000, 0);
  for (const auto& [size, name] : units)
    if (seconds >= size || size == 1) {
      const auto n = seconds / size;
      return std::to_string(n) + " " + name + (n == 1 ? "" : "s");
    }
  return {};
}

std::string shell_word(const std::string& text) {
  if (printable(text, text.size()) != text)
    return {unshown_word};
  if (!text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                              "0123456789/._-+:@%,") == std::string::npos)
    return text;
  std::string quoted = "'";
  for (const char c : text)
    quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string shell_option(const std::string& name, const std::string& value) {
  return name + (value.starts_with('-') ? "=" : " ") + shell_word(value);
}

} // namespace spec_kitty
