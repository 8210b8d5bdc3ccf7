#include "app/server/admin/administration.hpp"

#include "util/closest.hpp"
#include "util/text.hpp"

namespace spec_kitty::server {

const std::string& arguments::text(std::string_view name) const {
  static const std::string none;
  const auto found = values_.find(name);
  return found == values_.end() ? none : found->second;
}

store::change_note administration::note(std::string reason) const {
  return {std::string("admin.sock"), {}, now(), std::move(reason)};
}

result<store::team_info> administration::team(const std::string& slug) const {
  auto found = accounts().team_by_slug(slug);
  if (!found)
    return found.error();
  if (*found)
    return std::move(**found);
  std::vector<std::string> slugs;
  if (const auto teams = accounts().teams())
    for (const auto& team : *teams)
      slugs.push_back(team.slug);
  return failure{ec::not_found, "there is not a team " + slug + did_you_mean(closest(slug, slugs)),
                 "see them all: spec-kitty-server team list"};
}

result<store::user_info> administration::user(const std::string& name) const {
  auto found = accounts().user_by_name(name);
  if (!found)
    return found.error();
  if (*found)
    return std::move(**found);
  std::vector<std::string> names;
  if (const auto users = accounts().users())
    for (const auto& user : *users)
      names.push_back(user.name);
  return failure{ec::not_found, "there is not a user " + name + did_you_mean(closest(name, names)),
                 "see them all: spec-kitty-server user list"};
}

std::string json_fields(const std::function<void(json_writer&)>& write) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  write(out);
  out.EndObject();
  return to_text(buffer);
}

std::string json_fields(std::string_view message, const std::function<void(json_writer&)>& write) {
  return json_fields([&](json_writer& out) {
    field(out, "message", message);
    write(out);
  });
}

result<epoch_us> parse_time_span(std::string_view text) {
  constexpr epoch_us second = 1'000'000;
  const char unit = text.empty() ? '\0' : text.back();
  const epoch_us factor = unit == 'd'   ? 86400 * second
                          : unit == 'h' ? 3600 * second
                          : unit == 'm' ? 60 * second
                                        : 0;
  const auto count =
      whole_number<std::uint32_t>(text.substr(0, text.empty() ? 0 : text.size() - 1));
  if (factor == 0 || !count || *count == 0 || *count > 36500)
    return failure{ec::bad_input, "\"" + std::string(text) + "\" is not a length of time",
                   "give days, hours or minutes: 90d, 12h, 30m"};
  return *count * factor;
}

void instant_field(json_writer& out, std::string_view name, epoch_us instant) {
  field(out, name, instant == 0 ? std::nullopt : std::optional(format_timestamp(instant)));
}

} // namespace spec_kitty::server
