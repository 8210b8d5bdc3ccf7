#include "app/board/api/query.hpp"

#include "util/text.hpp"
#include "util/utf8.hpp"

namespace spec_kitty::board {

namespace {

std::optional<std::string> decoded(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '+') {
      plain += ' ';
    } else if (text[at] != '%') {
      plain += text[at];
    } else {
      const auto digits = text.substr(at + 1, 2);
      const auto byte = whole_number<std::uint8_t>(digits, 16);
      if (digits.size() != 2 || !byte)
        return std::nullopt;
      plain += static_cast<char>(*byte);
      at += 2;
    }
  }
  return is_utf8(plain) ? std::optional(std::move(plain)) : std::nullopt;
}

} // namespace

std::optional<std::map<std::string, std::string>> read_query(std::string_view query) {
  std::map<std::string, std::string> words;
  while (!query.empty()) {
    const auto word = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(word.size() + 1, query.size()));
    const auto equals = word.find('=');
    const auto name = decoded(word.substr(0, equals));
    const auto value =
        decoded(equals == std::string_view::npos ? std::string_view() : word.substr(equals + 1));
    if (!name || !value)
      return std::nullopt;
    words.emplace(*name, *value);
  }
  return words;
}

} // namespace spec_kitty::board
