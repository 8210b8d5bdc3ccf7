#include "app/server/core/member_scanner.hpp"

#include <algorithm>

namespace spec_kitty::server {

namespace {

constexpr bool is_json_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

} // namespace

bool member_scanner::open() {
  skip_space();
  return take('{');
}

std::optional<member_scanner::member> member_scanner::next() {
  skip_space();
  if (take('}')) {
    skip_space();
    failed_ = at_ != text_.size();
    return std::nullopt;
  }
  member found;
  failed_ = true;
  if (!first_ && !take(','))
    return std::nullopt;
  first_ = false;
  skip_space();
  if (!string(found.key))
    return std::nullopt;
  skip_space();
  if (!take(':'))
    return std::nullopt;
  skip_space();
  if (!value(found.value))
    return std::nullopt;
  failed_ = false;
  return found;
}

void member_scanner::skip_space() {
  while (at_ < text_.size() && is_json_space(text_[at_]))
    ++at_;
}

bool member_scanner::take(char c) {
  if (at_ >= text_.size() || text_[at_] != c)
    return false;
  ++at_;
  return true;
}

bool member_scanner::string(std::string_view& out) {
  const std::size_t began = at_;
  if (!take('"'))
    return false;
  for (;;) {
    const std::size_t stop = text_.find_first_of("\"\\", at_);
    if (stop == std::string_view::npos)
      return false;
    at_ = stop + (text_[stop] == '\\' ? 2 : 1);
    if (text_[stop] == '"')
      break;
  }
  out = text_.substr(began, at_ - began);
  return true;
}

bool member_scanner::value(std::string_view& out) {
  const std::size_t began = at_;
  std::size_t depth = 0;
  std::string_view inner;
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == '"') {
      if (!string(inner))
        return false;
      continue;
    }
    if (depth == 0 && (c == ',' || c == '}'))
      break;
    if (c == '{' || c == '[')
      ++depth;
    else if ((c == '}' || c == ']') && depth-- == 0)
      return false;
    ++at_;
  }
  std::size_t end = std::min(at_, text_.size());
  while (end > began && is_json_space(text_[end - 1]))
    --end;
  out = text_.substr(began, end - began);
  return end > began && at_ < text_.size();
}

} // namespace spec_kitty::server
