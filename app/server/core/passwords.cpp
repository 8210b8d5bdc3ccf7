#include "app/server/core/passwords.hpp"

#include "messages/event.hpp"
#include "util/json.hpp"
#include "util/utf8.hpp"

#include <algorithm>
#include <string>

namespace spec_kitty::server {

namespace {

bool is_small_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

std::size_t characters_of(std::string_view utf8) {
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

std::string quoted(std::string_view text) {
  return '"' + printable(excerpt(text)) + '"';
}

} // namespace

result<void> check_password(std::string_view password) {
  if (!is_utf8(password))
    return failure{ec::bad_input, "the password is not UTF-8 text", "choose another password"};
  if (characters_of(password) < min_password_characters)
    return failure{ec::bad_input,
                   "the password has fewer than " + std::to_string(min_password_characters) +
                       " characters",
                   "choose a longer password"};
  if (password.size() > max_password_bytes)
    return failure{ec::bad_input,
                   "the password is longer than " + std::to_string(max_password_bytes) + " bytes",
                   "choose a shorter password"};
  return {};
}

result<void> check_username(std::string_view name) {
  const auto is_letter_or_digit = [](char c) {
    return is_small_or_digit(c) || (c >= 'A' && c <= 'Z');
  };
  const bool good =
      !name.empty() && name.size() <= max_username_bytes && is_letter_or_digit(name.front()) &&
      std::all_of(name.begin(), name.end(), [&](char c) {
        return is_letter_or_digit(c) || std::string_view("._-@").find(c) != std::string_view::npos;
      });
  if (good)
    return {};
  return failure{ec::bad_input, quoted(name) + " cannot be the name of a user",
                 "use 1 to 64 letters, digits, '.', '_', '-' and '@', beginning with a letter or a "
                 "digit"};
}

result<void> check_team_slug(std::string_view slug) {
  if (slug == local_team)
    return failure{ec::bad_input, "\"local\" cannot be the slug of a team",
                   "choose another slug: events without a team carry this one"};
  const bool good = !slug.empty() && slug.size() <= max_slug_bytes &&
                    is_small_or_digit(slug.front()) &&
                    std::all_of(slug.begin(), slug.end(),
                                [](char c) { return is_small_or_digit(c) || c == '-'; });
  if (good)
    return {};
  return failure{ec::bad_input, quoted(slug) + " cannot be the slug of a team",
                 "use 1 to 63 small letters, digits and '-', beginning with a letter or a digit"};
}

} // namespace spec_kitty::server
