// Commands about teams and their members.
#include "app/server/admin/administration.hpp"
#include "app/server/admin/await_answer.hpp"
#include "app/server/core/passwords.hpp"
#include "app/server/core/roles.hpp"
#include "util/closest.hpp"
#include "util/text.hpp"

#include <chrono>

namespace spec_kitty::server {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds store_patience{60'000};
constexpr std::size_t export_page_events = 1000;
constexpr std::size_t export_page_bytes = std::size_t{4} << 20;

void write_team(json_writer& out, const store::team_info& team) {
  field(out, "team", team.slug);
  field(out, "name", team.name);
  instant_field(out, "created", team.created);
}

/// Events whose texts are gone, as clients hear of them.
void write_gap(json_writer& out, const store::gap& gap) {
  out.StartObject();
  field(out, "type", "gap");
  field(out, "from", gap.from);
  field(out, "to", gap.to);
  field(out, "reason", gap.reason == store::gap_reason::erased ? "erased" : "retention");
  out.EndObject();
}

std::uint64_t max_members(const administration& of) {
  const auto limit = static_cast<std::uint64_t>(of.settings.number("limits.team.members"));
  return limit == 0 ? ~std::uint64_t{0} : limit;
}

} // namespace

result<role> role_of_member(const std::string& name) {
  const auto found = role_of(name.empty() ? "member" : name);
  if (found && *found != role::machine)
    return *found;
  constexpr std::array<std::string_view, 3> roles = {"admin", "member", "reader"};
  return failure{ec::bad_input,
                 "\"" + name + "\" is not a role of a member" + did_you_mean(closest(name, roles)),
                 "give admin, member or reader"};
}

reply_fields add_team(administration& of, const arguments& given) {
  const std::string& slug = given.text("slug");
  if (auto ok = check_team_slug(slug); !ok)
    return ok.error();
  const std::string& name = given.text("name");
  const auto added = of.accounts().add_team(slug, name.empty() ? slug : name, of.note());
  if (!added)
    return added.error();
  return json_fields("The team " + slug + " exists now. Its slug is for ever.",
                     [&](json_writer& out) { write_team(out, *added); });
}

reply_fields list_teams(administration& of, const arguments&) {
  const auto teams = of.accounts().teams();
  if (!teams)
    return teams.error();
  std::vector<store::team_id> ids;
  ids.reserve(teams->size());
  for (const auto& team : *teams)
    ids.push_back(team.id);
  const auto heads = await_answer<std::vector<store::team_head>>(
      [&](auto done) {
        of.engine.heads(ids, std::chrono::steady_clock::now() + store_patience, std::move(done));
      },
      store_patience);
  if (!heads)
    return heads.error();
  return json_fields([&](json_writer& out) {
    key(out, "teams");
    out.StartArray();
    for (const auto& team : *teams) {
      out.StartObject();
      write_team(out, team);
      for (const auto& head : *heads) {
        if (head.team != team.id)
          continue;
        field(out, "events", head.head);
        field(out, "text_bytes", head.text_bytes);
      }
      out.EndObject();
    }
    out.EndArray();
  });
}

reply_fields rename_team(administration& of, const arguments& given) {
  const auto team = of.team(given.text("slug"));
  if (!team)
    return team.error();
  if (auto done = of.accounts().rename_team(team->id, given.text("name"), of.note()); !done)
    return done.error();
  return json_fields("The team " + team->slug + " is shown as " + given.text("name") +
                         "; its slug stays.",
                     [&](json_writer& out) { field(out, "team", team->slug); });
}

reply_fields remove_team(administration& of, const arguments& given) {
  const auto team = of.team(given.text("slug"));
  if (!team)
    return team.error();
  const auto done = await_answer<void>(
      [&](auto answer) { of.engine.remove_team(team->id, of.note(), std::move(answer)); },
      store_patience);
  if (!done)
    return done.error();
  return json_fields("The team " + team->slug +
                         " is removed; its members are disconnected within 10 seconds. Its slug "
                         "stays taken.",
                     [&](json_writer& out) { field(out, "team", team->slug); });
}

/// One page; the command asks for the next one until `through` is `head`.
reply_fields export_team(administration& of, const arguments& given) {
  const auto team = of.team(given.text("slug"));
  if (!team)
    return team.error();
  const auto after = whole_number<store::sequence>(
      given.has("after") ? std::string_view(given.text("after")) : std::string_view("0"));
  if (!after)
    return failure{ec::bad_input, "--after is not a whole number", "give the seq of an event"};
  const auto page = await_answer<store::page>(
      [&](auto done) {
        of.engine.read(team->id, *after, {export_page_events, export_page_bytes},
                       std::chrono::steady_clock::now() + store_patience, std::move(done));
      },
      store_patience);
  if (!page)
    return page.error();
  return json_fields([&](json_writer& out) {
    field(out, "through", page->through);
    field(out, "head", page->head.head);
    key(out, "events");
    out.StartArray();
    auto gap = page->gaps.begin();
    const auto gaps_before = [&](store::sequence seq) {
      for (; gap != page->gaps.end() && gap->from < seq; ++gap)
        write_gap(out, *gap);
    };
    for (const auto& event : page->events) {
      gaps_before(event.seq);
      out.StartObject();
      field(out, "seq", event.seq);
      instant_field(out, "received_at", event.received_at);
      raw_field(out, "event", event.text);
      out.EndObject();
    }
    gaps_before(page->through + 1);
    out.EndArray();
  });
}

reply_fields add_member(administration& of, const arguments& given) {
  const auto team = of.team(given.text("team"));
  if (!team)
    return team.error();
  const auto user = of.user(given.text("user"));
  if (!user)
    return user.error();
  const auto as = role_of_member(given.text("role"));
  if (!as)
    return as.error();
  if (auto done = of.accounts().set_member(team->id, user->id, *as, max_members(of), of.note());
      !done)
    return done.error();
  return json_fields(user->name + " has the role " + std::string(to_string(*as)) + " in the team " +
                         team->slug + ".",
                     [&](json_writer& out) {
                       field(out, "team", team->slug);
                       field(out, "user", user->name);
                       field(out, "role", to_string(*as));
                     });
}

reply_fields list_members(administration& of, const arguments& given) {
  const auto team = of.team(given.text("team"));
  if (!team)
    return team.error();
  const auto members = of.accounts().members_of(team->id);
  const auto users = of.accounts().users();
  if (!members || !users)
    return members ? users.error() : members.error();
  return json_fields([&](json_writer& out) {
    key(out, "members");
    out.StartArray();
    for (const auto& member : *members) {
      out.StartObject();
      for (const auto& user : *users)
        if (user.id == member.account)
          field(out, "user", user.name);
      field(out, "role", to_string(member.role));
      instant_field(out, "since", member.since);
      out.EndObject();
    }
    out.EndArray();
  });
}

reply_fields remove_member(administration& of, const arguments& given) {
  const auto team = of.team(given.text("team"));
  if (!team)
    return team.error();
  const auto user = of.user(given.text("user"));
  if (!user)
    return user.error();
  if (auto done = of.accounts().remove_member(team->id, user->id, of.note()); !done)
    return done.error();
  return json_fields(user->name + " is no longer in the team " + team->slug +
                         "; sessions and tokens for it end within 10 seconds.",
                     [&](json_writer& out) {
                       field(out, "team", team->slug);
                       field(out, "user", user->name);
                     });
}

} // namespace spec_kitty::server
