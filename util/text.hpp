// Small texts: numbers, letters, words for a person and for a shell.
#pragma once

#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace spec_kitty {

/// The text as a whole number; nothing when it holds anything else, or a number out of range.
template <class Number>
std::optional<Number> whole_number(std::string_view text, int base = 10) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return number;
}

/// ASCII capitals as small letters, every other byte as it is, whatever the locale.
std::string lower_case(std::string_view text);

/// `1 event`, `2 events`; `plural` where the word does not only take an s.
std::string count_of(std::uint64_t count, std::string_view word, std::string_view plural = {});

/// `3 days`, `1 minute`: the largest whole unit. `0 seconds` for a negative duration.
std::string duration_words(std::chrono::microseconds time);

/// Stands in a printed command for a word that cannot be shown safely; it is sent to no terminal.
inline constexpr char unshown_word = '\x7F';

/// The text as one word of a shell, in quotes where it needs them; `unshown_word` where printable()
/// would change it. Every name that a printed command holds passes through here.
std::string shell_word(const std::string& text);

/// `--name value` for a shell; `--name=value` where the value could be taken for an option.
std::string shell_option(const std::string& name, const std::string& value);

} // namespace spec_kitty
