// What the pages need of the server around them.
#pragma once

#include "app/server/store/accounts.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace spec_kitty::server {

/// Microseconds.
inline constexpr epoch_us second_us = 1'000'000;

/// A user name and a password, and from where they come.
struct password_question {
  std::string username;
  std::string password;
  std::string peer;
};

/// What is known of them, after the limits on guessing.
struct password_verdict {
  enum class what : std::uint8_t {
    right,
    wrong,   ///< also for an account that does not exist or is disabled
    limited, ///< not looked at: too many have failed
    busy,    ///< not looked at: too many wait
    trouble, ///< the store cannot be read
  };
  what found = what::trouble;
  unsigned wait_s = 0;                       ///< of `limited`
  failure why = {};                          ///< of `trouble`
  std::optional<store::user_info> user = {}; ///< of `right`
};

struct page_environment {
  store::accounts* accounts = nullptr;
  std::function<epoch_us()> now;    ///< a date
  std::function<epoch_us()> steady; ///< of a clock that is never set
  std::function<std::string()> public_url;
  std::uint64_t max_members = 0; ///< of a team; 0: no limit
  /// The hash of a new password; takes its time.
  std::function<result<std::string>(const std::string& password)> hash_password;
  /// Judges a password, and calls back once, on the thread of the pages.
  std::function<void(password_question, std::function<void(password_verdict)>)> judge_password;
  /// Access was withdrawn: every caller is looked up anew.
  std::function<void()> look_up_callers;
};

} // namespace spec_kitty::server
