#include "app/server/core/password_hash.hpp"

#include <sodium.h>

#include <array>

namespace spec_kitty::server {

namespace {

bool sodium_is_ready() {
  static const bool ready = sodium_init() >= 0;
  return ready;
}

/// Of a password that nobody knows: it is checked where an account has none.
const std::string& unknown_hash() {
  static const std::string hash = [] {
    std::array<char, 32> random{};
    randombytes_buf(random.data(), random.size());
    auto made = hash_password({random.data(), random.size()});
    return made ? *made : std::string();
  }();
  return hash;
}

} // namespace

result<std::string> hash_password(std::string_view password, hash_cost cost) {
  std::array<char, crypto_pwhash_STRBYTES> text{};
  const bool least = cost == hash_cost::least;
  if (!sodium_is_ready() ||
      crypto_pwhash_str(text.data(), password.data(), password.size(),
                        least ? crypto_pwhash_OPSLIMIT_MIN : crypto_pwhash_OPSLIMIT_INTERACTIVE,
                        least ? crypto_pwhash_MEMLIMIT_MIN : crypto_pwhash_MEMLIMIT_INTERACTIVE) !=
          0)
    return failure{ec::overloaded, "there is not enough memory for a password hash",
                   "try again, or give the server 64 MiB more memory"};
  return std::string(text.data());
}

bool is_password_of(const std::string& hash, std::string_view password) {
  if (!sodium_is_ready())
    return false;
  const bool is_ours = hash.starts_with("$argon2id$") && hash.size() < crypto_pwhash_STRBYTES;
  const std::string& judged = is_ours ? hash : unknown_hash();
  const bool fits = crypto_pwhash_str_verify(judged.c_str(), password.data(), password.size()) == 0;
  return is_ours && fits;
}

} // namespace spec_kitty::server
