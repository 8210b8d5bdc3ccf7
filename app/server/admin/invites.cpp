// Invites: links of one use on which a new person joins a team.
#include "app/server/admin/administration.hpp"
#include "app/server/core/encoding.hpp"

namespace spec_kitty::server {

namespace {

constexpr std::string_view usual_lifetime = "7d";
constexpr epoch_us max_lifetime_us = epoch_us{30} * 86400 * 1'000'000;

} // namespace

reply_fields create_invite(administration& of, const arguments& given) {
  const auto team = of.team(given.text("team"));
  if (!team)
    return team.error();
  const auto as = role_of_member(given.text("role"));
  if (!as)
    return as.error();
  const auto span = parse_time_span(given.has("expires") ? given.text("expires") : usual_lifetime);
  if (!span)
    return span.error();
  if (*span > max_lifetime_us)
    return failure{ec::bad_input, "an invite lasts for at most 30 days",
                   "give --expires 30d, or less"};
  const std::string secret = draw_link_secret();
  store::one_time_link link;
  link.hash = sha256(secret);
  link.kind = store::link_kind::invite;
  link.team = team->id;
  link.role = *as;
  link.created = of.now();
  link.expires = link.created + *span;
  if (auto added = of.accounts().add_link(link, of.note()); !added)
    return added.error();
  const std::string url = of.url + "/link/" + secret;
  const std::string until = format_timestamp(link.expires);
  return json_fields("With this link one person can join " + team->slug + " as " +
                         std::string(to_string(*as)) + ", until " + until + "; it works once:\n" +
                         url,
                     [&](json_writer& out) {
                       field(out, "link", url);
                       field(out, "team", team->slug);
                       field(out, "role", to_string(*as));
                       instant_field(out, "expires", link.expires);
                     });
}

} // namespace spec_kitty::server
