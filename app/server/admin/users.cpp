// Commands about accounts and machine tokens.
#include "app/server/admin/administration.hpp"
#include "app/server/core/encoding.hpp"
#include "app/server/core/password_hash.hpp"
#include "app/server/core/passwords.hpp"
#include "app/server/core/roles.hpp"
#include "app/server/core/session_tokens.hpp"
#include "util/random.hpp"

#include <array>

namespace spec_kitty::server {

namespace {

constexpr epoch_us link_lifetime_us = epoch_us{24} * 3600 * 1'000'000;

ulid drawn_ulid(epoch_us now) {
  return next_ulid({}, static_cast<std::uint64_t>(now / 1000), draw_randomness());
}

/// The hash of the password that was given; empty without one.
result<std::string> hash_of_password(const arguments& given) {
  if (!given.has("password"))
    return std::string();
  if (auto ok = check_password(given.text("password")); !ok)
    return ok.error();
  return hash_password(given.text("password"));
}

/// A password from stdin, or a link on which the person sets one.
result<std::string> link_unless_password(administration& of, const arguments& given,
                                         const store::user_info& user) {
  return given.has("password") ? result<std::string>(std::string()) : make_password_link(of, user);
}

void write_link(json_writer& out, const std::string& link) {
  field(out, "password_link", link.empty() ? std::nullopt : std::optional(link));
}

std::string link_words(const std::string& name, const std::string& link) {
  return link.empty() ? "The password of " + name + " is set."
                      : "To set the password, " + name +
                            " opens this link within 24 hours; it works once:\n" + link;
}

} // namespace

std::string draw_link_secret() {
  std::array<std::uint8_t, token_secret_bytes> bytes{};
  fill_random(bytes);
  return base64url({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

result<std::string> make_password_link(administration& of, const store::user_info& user) {
  const std::string secret = draw_link_secret();
  store::one_time_link link;
  link.hash = sha256(secret);
  link.kind = store::link_kind::password;
  link.account = user.id;
  link.created = of.now();
  link.expires = link.created + link_lifetime_us;
  if (auto added = of.accounts().add_link(link, of.note()); !added)
    return added.error();
  return of.url + "/link/" + secret;
}

reply_fields add_user(administration& of, const arguments& given) {
  const std::string& name = given.text("name");
  if (auto ok = check_username(name); !ok)
    return ok.error();
  const auto hash = hash_of_password(given);
  if (!hash)
    return hash.error();
  const auto user = of.accounts().add_user(name, *hash, of.note());
  if (!user)
    return user.error();
  const auto link = link_unless_password(of, given, *user);
  if (!link)
    return link.error();
  return json_fields("The user " + name + " exists now. " + link_words(name, *link),
                     [&](json_writer& out) {
                       field(out, "user", name);
                       write_link(out, *link);
                     });
}

reply_fields list_users(administration& of, const arguments&) {
  const auto users = of.accounts().users();
  const auto teams = of.accounts().teams();
  if (!users || !teams)
    return users ? teams.error() : users.error();
  return json_fields([&](json_writer& out) {
    key(out, "users");
    out.StartArray();
    for (const auto& user : *users) {
      std::string memberships;
      if (const auto of_user = of.accounts().teams_of(user.id))
        for (const auto& membership : *of_user)
          for (const auto& team : *teams)
            if (team.id == membership.team)
              memberships += (memberships.empty() ? "" : ", ") + team.slug + ":" +
                             std::string(to_string(membership.role));
      out.StartObject();
      field(out, "user", user.name);
      field(out, "state",
            user.disabled                ? "disabled"
            : user.password_hash.empty() ? "without password"
                                         : "active");
      field(out, "teams", memberships);
      instant_field(out, "created", user.created);
      out.EndObject();
    }
    out.EndArray();
  });
}

reply_fields disable_user(administration& of, const arguments& given) {
  const auto user = of.user(given.text("name"));
  if (!user)
    return user.error();
  if (auto done = of.accounts().set_disabled(user->id, true, of.note()); !done)
    return done.error();
  return json_fields(user->name +
                         " is disabled; sessions end within 10 seconds. Undo it with: "
                         "spec-kitty-server user enable " +
                         user->name,
                     [&](json_writer& out) { field(out, "user", user->name); });
}

reply_fields enable_user(administration& of, const arguments& given) {
  const auto user = of.user(given.text("name"));
  if (!user)
    return user.error();
  if (auto done = of.accounts().set_disabled(user->id, false, of.note()); !done)
    return done.error();
  return json_fields(user->name + " can log in again.",
                     [&](json_writer& out) { field(out, "user", user->name); });
}

reply_fields reset_password(administration& of, const arguments& given) {
  const auto user = of.user(given.text("name"));
  if (!user)
    return user.error();
  const auto hash = hash_of_password(given);
  if (!hash)
    return hash.error();
  if (!hash->empty())
    if (auto done = of.accounts().set_password(user->id, *hash, of.note()); !done)
      return done.error();
  const auto link = link_unless_password(of, given, *user);
  if (!link)
    return link.error();
  return json_fields(link_words(user->name, *link), [&](json_writer& out) {
    field(out, "user", user->name);
    write_link(out, *link);
  });
}

reply_fields create_token(administration& of, const arguments& given) {
  const auto team = of.team(given.text("team"));
  if (!team)
    return team.error();
  const auto user = of.user(given.text("user"));
  if (!user)
    return user.error();
  const auto membership = of.accounts().member(team->id, user->id);
  if (!membership)
    return membership.error();
  if (!*membership)
    return failure{ec::bad_input, user->name + " is not a member of the team " + team->slug,
                   "add the user first: spec-kitty-server member add --team " + team->slug +
                       " --user " + user->name};
  store::machine_token token;
  token.created = of.now();
  if (given.has("expires")) {
    const auto span = parse_time_span(given.text("expires"));
    if (!span)
      return span.error();
    token.expires = token.created + *span;
  }
  std::array<std::uint8_t, token_secret_bytes> secret{};
  fill_random(secret);
  const std::string text =
      make_machine_token({reinterpret_cast<const char*>(secret.data()), secret.size()});
  token.id = drawn_ulid(token.created);
  token.hash = sha256(text);
  token.account = user->id;
  token.team = team->id;
  token.name = given.text("name");
  if (auto added = of.accounts().add_token(token, of.note()); !added)
    return added.error();
  return json_fields("The token is shown this once:\n" + text, [&](json_writer& out) {
    field(out, "token", text);
    field(out, "id", to_string(token.id));
    field(out, "name", token.name);
    field(out, "team", team->slug);
    instant_field(out, "expires", token.expires);
  });
}

reply_fields list_tokens(administration& of, const arguments&) {
  const auto tokens = of.accounts().tokens();
  const auto users = of.accounts().users();
  const auto teams = of.accounts().teams();
  if (!tokens || !users || !teams)
    return !tokens ? tokens.error() : !users ? users.error() : teams.error();
  return json_fields([&](json_writer& out) {
    key(out, "tokens");
    out.StartArray();
    for (const auto& token : *tokens) {
      out.StartObject();
      field(out, "id", to_string(token.id));
      field(out, "name", token.name);
      for (const auto& user : *users)
        if (user.id == token.account)
          field(out, "user", user.name);
      for (const auto& team : *teams)
        if (team.id == token.team)
          field(out, "team", team.slug);
      const bool over = token.expires != 0 && token.expires <= of.now();
      field(out, "state", token.revoked ? "revoked" : over ? "expired" : "good");
      instant_field(out, "created", token.created);
      instant_field(out, "expires", token.expires);
      out.EndObject();
    }
    out.EndArray();
  });
}

reply_fields revoke_token(administration& of, const arguments& given) {
  const auto id = parse_ulid(given.text("id"));
  if (!id)
    return failure{ec::bad_input, given.text("id") + " is not the id of a token",
                   "see them all: spec-kitty-server token list"};
  if (auto done = of.accounts().revoke_token(*id, of.note()); !done)
    return done.error();
  return json_fields("The token is revoked; it is refused within 10 seconds.",
                     [&](json_writer& out) { field(out, "id", given.text("id")); });
}

} // namespace spec_kitty::server
