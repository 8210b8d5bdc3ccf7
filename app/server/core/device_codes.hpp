// The codes of a device login. https://www.rfc-editor.org/rfc/rfc8628#section-6.1
//
//   device_code  skd_ and 43 characters: 256 bits, for the program that waits
//   user_code    BCDF-GHJK: 8 of 20 consonants, 34 bits, for a person to read and type
//
// Neither is kept: only hashes are. Randomness is an argument. Pure.
#pragma once

#include "app/server/core/access_token.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace spec_kitty::server {

inline constexpr epoch_s device_code_lifetime_s = 600;
inline constexpr epoch_s device_interval_s = 5;
/// What a program that asks too often has to wait longer, for good.
inline constexpr epoch_s device_slow_down_s = 5;

/// `secret_bytes`: token_secret_bytes of them.
std::string make_device_code(std::string_view secret_bytes);
bool is_device_code(std::string_view text);

/// The 8 letters of a user_code, from random bytes; nothing where too many of them had to be passed
/// over to keep all letters equally likely: draw again.
std::optional<std::string> make_user_code(std::string_view random_bytes);
/// The letters of what a person typed: any case, with or without the dash and blanks. Nothing for
/// what is not a code.
std::optional<std::string> user_code_letters(std::string_view typed);
/// `BCDF-GHJK`.
std::string shown_user_code(std::string_view letters);

} // namespace spec_kitty::server
