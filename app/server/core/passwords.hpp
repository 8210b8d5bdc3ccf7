// Which passwords and names are taken. Hashing is the store's.
#pragma once

#include "util/result.hpp"

#include <cstddef>
#include <string_view>

namespace spec_kitty::server {

/// Characters, not bytes.
inline constexpr std::size_t min_password_characters = 10;
/// Bytes. Argon2 reads all of them, so a bound is needed; nobody types more.
inline constexpr std::size_t max_password_bytes = 1024;
inline constexpr std::size_t max_username_bytes = 64;
inline constexpr std::size_t max_slug_bytes = 63;

/// bad_input says what is wrong. Length is the only rule: others make passwords worse.
result<void> check_password(std::string_view password);

/// Letters, digits, `.`, `_`, `-` and `@`, first a letter or digit.
result<void> check_username(std::string_view name);

/// Small letters, digits and `-`, first a letter or digit; not `local`, which means "no team".
result<void> check_team_slug(std::string_view slug);

} // namespace spec_kitty::server
