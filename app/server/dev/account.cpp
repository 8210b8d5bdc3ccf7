#include "app/server/dev/account.hpp"

#include "app/server/core/password_hash.hpp"
#include "util/files.hpp"
#include "util/json.hpp"
#include "util/random.hpp"

#include <algorithm>
#include <array>

namespace spec_kitty::server::dev {

namespace fs = std::filesystem;

namespace {

constexpr const char* login_file = "login.json";

/// Easy to type: 16 small letters and digits, 80 bits.
std::string new_password() {
  constexpr std::string_view alphabet = "abcdefghijkmnpqrstuvwxyz23456789"; // 32, none alike
  std::array<std::uint8_t, 16> drawn{};
  fill_random(drawn);
  std::string text;
  for (const std::uint8_t byte : drawn)
    text += alphabet[byte % alphabet.size()];
  return text;
}

result<login> read_login(const fs::path& file) {
  const auto text = read_private_file(file);
  if (!text)
    return text.error();
  login kept;
  if (!*text)
    return kept;
  const auto parsed = parse_json(**text);
  if (!parsed || !parsed->IsObject())
    return failure{ec::store_corrupt,
                   file.string() + " is not the login of a server for trying out",
                   "move that file away; the account then gets a new password"};
  kept.username = text_of(*parsed, "username").value_or("");
  kept.password = text_of(*parsed, "password").value_or("");
  kept.team_slug = text_of(*parsed, "team_slug").value_or("");
  return kept;
}

result<void> write_login(const fs::path& file, const login& now) {
  return replace_file(file, json_fields([&](json_writer& out) {
                        field(out, "username", now.username);
                        field(out, "password", now.password);
                        field(out, "team_slug", now.team_slug);
                      }));
}

result<store::team_info> settle_team(administration& of, const std::string& slug) {
  const auto known = of.accounts().team_by_slug(slug);
  if (!known)
    return known.error();
  return *known ? result<store::team_info>(**known) : of.accounts().add_team(slug, slug, of.note());
}

result<store::user_info> settle_user(administration& of, const login& now) {
  const auto known = of.accounts().user_by_name(now.username);
  if (!known)
    return known.error();
  if (*known && is_password_of((*known)->password_hash, now.password))
    return **known;
  const auto hash = hash_password(now.password, hash_cost::least);
  if (!hash)
    return hash.error();
  if (!*known)
    return of.accounts().add_user(now.username, *hash, of.note());
  if (auto done = of.accounts().set_password((*known)->id, *hash, of.note()); !done)
    return done.error();
  return **known;
}

/// An admin of this team and a member of no other: so a login never has to name the team.
result<void> settle_membership(administration& of, store::team_id team, store::account_id user) {
  const auto memberships = of.accounts().teams_of(user);
  if (!memberships)
    return memberships.error();
  bool is_member = false;
  for (const store::membership& entry : *memberships) {
    is_member = is_member || entry.team == team;
    if (entry.team != team)
      if (auto done = of.accounts().remove_member(entry.team, user, of.note()); !done)
        return done;
  }
  return is_member ? result<void>{}
                   : of.accounts().set_member(team, user, role::admin, 0, of.note());
}

} // namespace

result<login> settle_account(administration& of, const fs::path& state, const login& given) {
  const auto kept = read_login(state / login_file);
  if (!kept)
    return kept.error();
  const auto choose = [](const std::string& first, const std::string& second, auto otherwise) {
    return !first.empty() ? first : !second.empty() ? second : otherwise();
  };
  login now;
  now.username = choose(given.username, kept->username, [] { return std::string("dev"); });
  now.team_slug = choose(given.team_slug, kept->team_slug, [] { return std::string("dev-team"); });
  now.password = choose(given.password, kept->password, new_password);
  if (now.username != kept->username || now.password != kept->password ||
      now.team_slug != kept->team_slug)
    if (auto written = write_login(state / login_file, now); !written)
      return written.error();
  const auto team = settle_team(of, now.team_slug);
  if (!team)
    return team.error();
  const auto user = settle_user(of, now);
  if (!user)
    return user.error();
  const auto joined = settle_membership(of, team->id, user->id);
  return joined ? result<login>(now) : joined.error();
}

result<void> accept_types(administration& of, const std::string& team_slug,
                          const std::vector<store::team_event_type>& types) {
  if (types.empty())
    return {};
  const auto team = of.team(team_slug);
  const auto known = team ? of.accounts().event_types(team->id)
                          : result<std::vector<store::team_event_type>>(team.error());
  if (!known)
    return known.error();
  for (const store::team_event_type& type : types) {
    const bool is_there = std::any_of(known->begin(), known->end(), [&](const auto& entry) {
      return entry.name == type.name && entry.schema == type.schema;
    });
    if (!is_there)
      if (auto done = of.accounts().set_event_type(team->id, type, of.note()); !done)
        return done;
  }
  return {};
}

} // namespace spec_kitty::server::dev
