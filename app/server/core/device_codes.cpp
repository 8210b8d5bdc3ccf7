#include "app/server/core/device_codes.hpp"

#include "app/server/core/encoding.hpp"
#include "app/server/core/session_tokens.hpp"

namespace spec_kitty::server {

namespace {

constexpr std::string_view device_prefix = "skd_";
constexpr std::string_view consonants = "BCDFGHJKLMNPQRSTVWXZ";
constexpr std::size_t code_letters = 8;
constexpr std::size_t max_typed = 32;
/// Bytes from here on are passed over: the last whole multiple of 20 below 256.
constexpr unsigned fair_bytes = 240;

} // namespace

std::string make_device_code(std::string_view secret_bytes) {
  return std::string(device_prefix) + base64url(secret_bytes);
}

bool is_device_code(std::string_view text) {
  if (!text.starts_with(device_prefix))
    return false;
  const auto secret = from_base64url(text.substr(device_prefix.size()));
  return secret && secret->size() == token_secret_bytes;
}

std::optional<std::string> make_user_code(std::string_view random_bytes) {
  std::string letters;
  for (const char c : random_bytes) {
    const unsigned byte = static_cast<unsigned char>(c);
    if (byte < fair_bytes && letters.size() < code_letters)
      letters += consonants[byte % consonants.size()];
  }
  return letters.size() == code_letters ? std::optional(letters) : std::nullopt;
}

std::optional<std::string> user_code_letters(std::string_view typed) {
  std::string letters;
  if (typed.size() > max_typed)
    return std::nullopt;
  for (const char c : typed) {
    if (c == '-' || c == ' ' || c == '\t')
      continue;
    const char upper = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    if (consonants.find(upper) == std::string_view::npos)
      return std::nullopt;
    letters += upper;
  }
  return letters.size() == code_letters ? std::optional(letters) : std::nullopt;
}

std::string shown_user_code(std::string_view letters) {
  return std::string(letters.substr(0, 4)) + "-" + std::string(letters.substr(4));
}

} // namespace spec_kitty::server
