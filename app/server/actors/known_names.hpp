// Names that never change while a server runs, looked up once: accounts' names as JSON, and the ids
// of teams' logs. From any thread that may wait for a read of the store.
#pragma once

#include "app/server/store/accounts.hpp"

#include <cstddef>
#include <map>
#include <mutex>
#include <string>

namespace spec_kitty::server {

class known_names {
public:
  static constexpr std::size_t max_names = 100'000;

  /// The account's name as a JSON string; `""` where it cannot be found.
  std::string account_json(store::accounts& from, store::account_id account);
  /// The id of the team's log. not_found, or why the store does not answer.
  result<std::string> log(store::accounts& from, store::team_id team);

private:
  std::mutex guard_;
  std::map<store::account_id, std::string> accounts_;
  std::map<store::team_id, std::string> logs_;
};

} // namespace spec_kitty::server
