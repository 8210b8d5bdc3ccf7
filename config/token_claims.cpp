#include "config/token_claims.hpp"

#include "messages/event.hpp"
#include "util/json.hpp"

namespace spec_kitty {

namespace {

std::optional<std::string> decode_base64url(std::string_view text) {
  std::string out;
  unsigned buffer = 0;
  int bits = 0;
  for (const char c : text) {
    unsigned value = 0;
    if (c >= 'A' && c <= 'Z')
      value = static_cast<unsigned>(c - 'A');
    else if (c >= 'a' && c <= 'z')
      value = static_cast<unsigned>(c - 'a' + 26);
    else if (c >= '0' && c <= '9')
      value = static_cast<unsigned>(c - '0' + 52);
    else if (c == '-' || c == '+')
      value = 62;
    else if (c == '_' || c == '/')
      value = 63;
    else if (c == '=')
      break;
    else
      return std::nullopt;
    buffer = buffer << 6 | value;
    if ((bits += 6) >= 8) {
      bits -= 8;
      out += static_cast<char>(buffer >> bits & 0xFF);
    }
  }
  return out;
}

} // namespace

std::optional<std::string> claim_of(std::string_view token, const char* name) {
  const auto first = token.find('.');
  const auto second = token.find('.', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos)
    return std::nullopt;
  const auto text = decode_base64url(token.substr(first + 1, second - first - 1));
  const auto claims = text ? parse_json(*text) : result<json_document>(failure{});
  return claims ? text_of(*claims, name) : std::nullopt;
}

bool is_usable_team(std::string_view team) {
  for (const char c : team)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      return false;
  return team != local_team && team.size() <= max_team_slug;
}

} // namespace spec_kitty
