// The caller of a request, as SESSIONS found it, and a memory of the last few seconds' callers.
#pragma once

#include "app/server/core/roles.hpp"
#include "app/server/store/types.hpp"
#include "messages/ulid.hpp"
#include "util/timestamp.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace spec_kitty::server {

/// An account in one of its teams, by a session or a machine token.
struct caller {
  store::account_id account = 0;
  store::team_id team = 0;
  std::string username;
  std::string team_slug;
  role as = role::reader;
  ulid credential;              ///< the session family, or the machine token
  std::uint64_t generation = 0; ///< of account and membership; another one ends what was granted
};
using caller_ptr = std::shared_ptr<const caller>;

/// Callers by their bearer tokens, each for at most `max_age` after it was looked up: so access
/// that was withdrawn ends within that time. From any thread.
class caller_cache {
public:
  static constexpr epoch_us max_age = 4'000'000;
  static constexpr std::size_t max_callers = 20'000;

  /// nullptr where the token must be looked up. `now` is of a clock that is never set.
  caller_ptr find(std::string_view bearer, epoch_us now) const;
  /// `good_for`: microseconds that the token itself has left.
  void put(std::string bearer, caller_ptr found, epoch_us now, epoch_us good_for);
  void forget_all();

private:
  struct entry {
    caller_ptr found;
    epoch_us until = 0;
  };
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  mutable std::mutex guard_;
  std::unordered_map<std::string, entry, text_hash, std::equal_to<>> entries_;
};

} // namespace spec_kitty::server
