// Password hashes: Argon2id as libsodium writes it. Each call takes about 60 ms and 64 MiB, so it
// is made on a thread that may wait, and not by many at once.
#pragma once

#include "util/result.hpp"

#include <string>
#include <string_view>

namespace spec_kitty::server {

enum class hash_cost {
  interactive,
  least, ///< some microseconds: for a server for trying out alone, which prints its password
};

/// The text that the store keeps; overloaded where there is no memory.
result<std::string> hash_password(std::string_view password,
                                  hash_cost cost = hash_cost::interactive);

/// Whether the password is the hash's. An empty or foreign hash costs the same time and is never
/// right, so that an unknown account is answered as slowly as a known one.
bool is_password_of(const std::string& hash, std::string_view password);

} // namespace spec_kitty::server
