// What a running server does from time to time: retention, sessions and links that are over,
// signing keys that are old, certificate files that changed.
#pragma once

#include "app/server/admin/administration.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace spec_kitty::server {

/// A signing key is replaced after so long.
inline constexpr epoch_us key_lifetime_us = epoch_us{30} * 86400 * 1'000'000;

/// What one round did, for a line in the log.
struct housekeeping_done {
  std::uint64_t texts_taken = 0;
  std::uint64_t sessions_ended = 0;
  std::uint64_t links_expired = 0;
  bool key_rotated = false;
  std::string trouble; ///< the first failure; empty: none

  bool is_worth_a_line() const {
    return texts_taken + sessions_ended + links_expired > 0 || key_rotated || !trouble.empty();
  }
  std::string sentence() const;
};

/// One round: every hour. Waits for the store.
housekeeping_done keep_house(administration& of);

/// Tells whether one of two files was replaced or written since the last question.
class certificate_watch {
public:
  certificate_watch(std::filesystem::path certificate, std::filesystem::path key);
  bool has_changed();

private:
  std::string look() const;

  std::filesystem::path certificate_;
  std::filesystem::path key_;
  std::string seen_;
};

} // namespace spec_kitty::server
