// Refresh tokens that are kept for a reply that may get lost: sealed, so that a copy of the store
// yields none of them.
//
//   key    BLAKE2b(what the caller shows), of 32 bytes: the token before and its Idempotency-Key,
//          or a device_code
//   sealed nonce 24, XChaCha20-Poly1305 of the token; the session's id is authenticated with it
//
// Source: https://doc.libsodium.org/secret-key_cryptography/aead/chacha20-poly1305
#pragma once

#include "app/server/core/encoding.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace spec_kitty::server {

/// Opens and closes what was sealed for one caller.
class seal {
public:
  /// For a repeated refresh. `key`: the Idempotency-Key, of max_idempotency_key bytes at most.
  static seal of_refresh(std::string_view token_before, std::string_view key);
  /// For a device login.
  static seal of_device(std::string_view device_code);
  ~seal();
  seal(const seal&) = default;
  seal& operator=(const seal&) = default;

  std::string close(std::string_view token, std::string_view session) const;
  /// Nothing where it was sealed for another caller or session, or is damaged.
  std::optional<std::string> open(std::string_view sealed, std::string_view session) const;

  /// What the store compares a repeat by; it opens nothing.
  sha256_digest mark() const;

private:
  seal() = default;
  std::array<unsigned char, 32> key_{};
};

inline constexpr std::size_t max_idempotency_key = 64;

/// Whether a header's value can be an Idempotency-Key: 16 to 64 letters, digits, `-` and `_`.
bool is_idempotency_key(std::string_view text);

} // namespace spec_kitty::server
