#include "app/embed/checked_options.hpp"

#include "app/home/wiring.hpp"
#include "config/home_check.hpp"

namespace spec_kitty::embed {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t max_in_flight_option = 1000000;
constexpr std::chrono::milliseconds usual_block{5000};
constexpr std::chrono::hours max_duration_option{24};

failure bad(const std::string& option, const std::string& what, const std::string& hint) {
  return {ec::bad_input, "options." + option + ": " + what, hint};
}

result<void> check_wait(const char* option, std::chrono::milliseconds time) {
  if (time.count() >= 0 && time <= max_duration_option)
    return {};
  return bad(option, std::to_string(time.count()) + " ms is not a valid time to wait",
             "give a value from 0 to " +
                 std::to_string(std::chrono::milliseconds(max_duration_option).count()));
}

result<void> check_flow(options& given) {
  if (given.max_in_flight == 0 || given.max_in_flight > max_in_flight_option)
    return bad("max_in_flight", std::to_string(given.max_in_flight) + " is not allowed",
               "give a value from 1 to " + std::to_string(max_in_flight_option));
  for (const auto& [name, time] : {std::pair("block_for", given.block_for),
                                   {"patience", given.patience},
                                   {"stop_within", given.stop_within}})
    if (auto ok = check_wait(name, time); !ok)
      return ok;
  if (given.full != when_full::block && given.block_for.count() != 0)
    return bad("block_for", "has no effect unless options.full is block", "leave one of them out");
  if (!given.modules.empty() && !fs::path(given.modules).is_absolute())
    return bad("modules", "\"" + given.modules + "\" is not absolute", "give an absolute path");
  if (given.full == when_full::block && given.block_for.count() == 0)
    given.block_for = usual_block;
  return {};
}

result<home_view> open_view(const options& given) {
  if (!given.home.empty() && !fs::path(given.home).is_absolute())
    return bad("home", "\"" + given.home + "\" is not absolute", "give an absolute path");
  auto home = resolve_home(given.home.empty() ? std::nullopt : std::optional(given.home));
  if (!home)
    return home.error();
  if (!home->path.is_absolute()) // from SPEC_KITTY_HOME: a host's current folder is its own
    return bad("home", "SPEC_KITTY_HOME is not absolute: " + home->path.string(),
               "give an absolute path");
  if (auto ok = check_home(home->path); !ok)
    return ok.error();
  auto config = settings::load(home->path);
  if (!config)
    return config.error();
  for (const auto& [key, value] : given.settings)
    if (auto ok = config->decide(key, value); !ok)
      return failure{ok.error().code, "options.settings: " + ok.error().message, ok.error().hint};
  return home_view{*home, std::move(*config)};
}

result<project_identity> find_project(const options& given) {
  const bool by_name = !given.project_uuid.empty() || !given.project_slug.empty();
  if (by_name && !given.project_folder.empty())
    return bad("project_folder", "contradicts options.project_uuid and project_slug",
               "name the project in one way");
  if (!given.project_folder.empty()) {
    if (!fs::path(given.project_folder).is_absolute())
      return bad("project_folder", "\"" + given.project_folder + "\" is not absolute",
                 "give an absolute path");
    std::error_code error;
    if (!fs::is_directory(given.project_folder, error))
      return failure{ec::not_found,
                     "options.project_folder: there is no folder " + given.project_folder,
                     "name a folder of the project's checkout"};
    auto project = read_project(given.project_folder, project_use::record);
    if (!project.warning.empty())
      return bad("project_folder", project.warning, "fix the file, or leave the option out");
    return project;
  }
  project_identity project;
  if (!by_name)
    return project;
  if (!given.project_uuid.empty() && !is_uuid(given.project_uuid))
    return bad("project_uuid", "\"" + excerpt(given.project_uuid) + "\" is not a UUID",
               "give 8-4-4-4-12 hex digits");
  if (given.project_uuid.empty())
    return bad("project_slug", "a project is identified by its UUID",
               "give options.project_uuid too");
  project.uuid = project.key = given.project_uuid;
  if (!is_utf8(given.project_slug))
    return bad("project_slug", "it is not valid UTF-8", "give a string in UTF-8");
  if (!given.project_slug.empty())
    project.slug = given.project_slug;
  project.name = given.project_slug.empty() ? given.project_uuid : given.project_slug;
  return project;
}

} // namespace

result<checked_options> check(options given) {
  if (auto ok = check_flow(given); !ok)
    return ok.error();
  auto view = open_view(given);
  if (!view)
    return view.error();
  auto project = find_project(given);
  if (!project)
    return project.error();
  checked_options checked{std::move(given), std::move(*view), {}, std::nullopt, {}};
  checked.known.project = std::move(*project);
  checked.known.max_event_bytes =
      max_event_bytes_for(checked.view.config.number("sync.batch_bytes"));
  for (const auto& type : checked.given.event_types)
    if (auto added = checked.known.more_types.add(type.name, type.json_schema); !added)
      return added.error();
  if (checked.given.delivery == deliver_by::others) {
    checked.why_no_server = "this process only records events; other processes deliver them";
    return checked;
  }
  auto server = configured_server(checked.view.config);
  if (server)
    checked.server = std::move(*server);
  else if (server.error().code == ec::no_server)
    checked.why_no_server = server.error().message;
  else
    return server.error();
  return checked;
}

} // namespace spec_kitty::embed
