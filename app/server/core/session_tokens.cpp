#include "app/server/core/session_tokens.hpp"

#include "messages/event.hpp"

namespace spec_kitty::server {

namespace {

constexpr std::size_t ulid_characters = 26;

/// Whether a text is a prefix and 32 bytes as base64url.
bool is_prefixed_secret(std::string_view text, std::string_view prefix) {
  if (!text.starts_with(prefix))
    return false;
  const auto secret = from_base64url(text.substr(prefix.size()));
  return secret && secret->size() == token_secret_bytes;
}

} // namespace

std::string make_refresh_token(std::string_view family, std::string_view secret_bytes) {
  return std::string(refresh_prefix).append(family).append(".").append(base64url(secret_bytes));
}

std::optional<std::string> family_of(std::string_view refresh_token) {
  if (!refresh_token.starts_with(refresh_prefix))
    return std::nullopt;
  refresh_token.remove_prefix(refresh_prefix.size());
  const auto family = refresh_token.substr(0, ulid_characters);
  if (!is_ulid(family) || !is_prefixed_secret(refresh_token.substr(ulid_characters), "."))
    return std::nullopt;
  return std::string(family);
}

std::string make_machine_token(std::string_view secret_bytes) {
  return std::string(machine_prefix) + base64url(secret_bytes);
}

bool is_machine_token(std::string_view text) {
  return is_prefixed_secret(text, machine_prefix);
}

std::string make_ws_token(std::string_view secret_bytes) {
  return std::string(ws_prefix) + base64url(secret_bytes);
}

bool is_ws_token(std::string_view text) {
  return is_prefixed_secret(text, ws_prefix);
}

} // namespace spec_kitty::server
