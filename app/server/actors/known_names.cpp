#include "app/server/actors/known_names.hpp"

#include "app/server/core/team_log.hpp"

#include <utility>

namespace spec_kitty::server {

namespace {

template <class Map, class Key>
void keep(Map& names, const Key& key, const std::string& name) {
  if (names.size() >= known_names::max_names)
    names.clear(); // each is looked up again, which costs some microseconds
  names.insert_or_assign(key, name);
}

} // namespace

std::string known_names::account_json(store::accounts& from, store::account_id account) {
  {
    const std::lock_guard hold(guard_);
    if (const auto found = accounts_.find(account); found != accounts_.end())
      return found->second;
  }
  const auto user = from.user_of(account);
  if (!user || !*user)
    return R"("")";
  std::string name = json_string((*user)->name);
  const std::lock_guard hold(guard_);
  keep(accounts_, account, name);
  return name;
}

result<std::string> known_names::log(store::accounts& from, store::team_id team) {
  {
    const std::lock_guard hold(guard_);
    if (const auto found = logs_.find(team); found != logs_.end())
      return found->second;
  }
  const auto known = from.team_of(team);
  if (!known)
    return known.error();
  if (!*known)
    return failure{ec::not_found, "the team does not exist", {}};
  const std::lock_guard hold(guard_);
  keep(logs_, team, (*known)->log);
  return (*known)->log;
}

} // namespace spec_kitty::server
