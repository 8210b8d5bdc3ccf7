// base64url, digests and comparisons of secrets: what tokens are made of.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spec_kitty::server {

using sha256_digest = std::array<std::uint8_t, 32>;

/// RFC 4648, section 5, without padding.
std::string base64url(std::string_view bytes);
/// Nothing for a text that base64url() would not have written: another alphabet, padding, bits left
/// over.
std::optional<std::string> from_base64url(std::string_view text);

sha256_digest sha256(std::string_view bytes);
sha256_digest hmac_sha256(std::string_view key, std::string_view bytes);

/// Whether two secrets are equal, in a time that tells nothing about where they differ.
bool equal_secrets(std::string_view left, std::string_view right);

/// The bytes of a digest as a view.
inline std::string_view bytes_of(const sha256_digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

} // namespace spec_kitty::server
