#include "app/server/core/sealing.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <new>
#include <stdexcept>

namespace spec_kitty::server {

namespace {

constexpr std::size_t nonce_bytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t min_idempotency_key = 16;

const unsigned char* bytes_in(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes_in(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

void need_sodium() {
  static const bool ready = sodium_init() >= 0;
  if (!ready)
    throw std::runtime_error("libsodium cannot be used");
}

/// BLAKE2b of parts, each with its length before it: no two lists of parts are the same bytes.
void digest(std::array<unsigned char, 32>& into, std::string_view purpose, std::string_view first,
            std::string_view second) {
  need_sodium();
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, into.size());
  for (const std::string_view part : {purpose, first, second}) {
    const std::uint64_t size = part.size();
    std::array<unsigned char, 8> length{};
    for (std::size_t i = 0; i < length.size(); ++i)
      length.at(i) = static_cast<unsigned char>(size >> (8 * i));
    crypto_generichash_update(&state, length.data(), length.size());
    crypto_generichash_update(&state, bytes_in(part), part.size());
  }
  crypto_generichash_final(&state, into.data(), into.size());
}

} // namespace

seal seal::of_refresh(std::string_view token_before, std::string_view key) {
  seal made;
  digest(made.key_, "spec-kitty refresh", token_before, key);
  return made;
}

seal seal::of_device(std::string_view device_code) {
  seal made;
  digest(made.key_, "spec-kitty device", device_code, {});
  return made;
}

seal::~seal() {
  sodium_memzero(key_.data(), key_.size());
}

std::string seal::close(std::string_view token, std::string_view session) const {
  std::string sealed(nonce_bytes + token.size() + tag_bytes, '\0');
  randombytes_buf(sealed.data(), nonce_bytes);
  crypto_aead_xchacha20poly1305_ietf_encrypt(
      bytes_in(sealed) + nonce_bytes, nullptr, bytes_in(token), token.size(), bytes_in(session),
      session.size(), nullptr, bytes_in(sealed), key_.data());
  return sealed;
}

std::optional<std::string> seal::open(std::string_view sealed, std::string_view session) const {
  if (sealed.size() < nonce_bytes + tag_bytes)
    return std::nullopt;
  std::string token(sealed.size() - nonce_bytes - tag_bytes, '\0');
  const int rc = crypto_aead_xchacha20poly1305_ietf_decrypt(
      bytes_in(token), nullptr, nullptr, bytes_in(sealed) + nonce_bytes,
      sealed.size() - nonce_bytes, bytes_in(session), session.size(), bytes_in(sealed),
      key_.data());
  return rc == 0 ? std::optional(std::move(token)) : std::nullopt;
}

sha256_digest seal::mark() const {
  return sha256({reinterpret_cast<const char*>(key_.data()), key_.size()});
}

bool is_idempotency_key(std::string_view text) {
  return text.size() >= min_idempotency_key && text.size() <= max_idempotency_key &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                  c == '-' || c == '_';
         });
}

} // namespace spec_kitty::server
