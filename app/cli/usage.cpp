// What is said about words that the command table refuses.
#include "app/cli/command_line.hpp"
#include "util/closest.hpp"

#include <algorithm>

namespace spec_kitty {

namespace {

constexpr std::size_t max_named_commands = 3;

/// The subcommand that was reached, and its words.
struct reached_command {
  const CLI::App* app;
  std::string path;
};

reached_command reached(const CLI::App& app) {
  reached_command at{&app, {}};
  for (auto inside = app.get_subcommands(); !inside.empty(); inside = at.app->get_subcommands()) {
    at.app = inside.front();
    at.path += (at.path.empty() ? "" : " ") + at.app->get_name();
  }
  return at;
}

std::vector<std::string> option_names(const CLI::App& program, const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* app : {&program, &command})
    for (const CLI::Option* option : app->get_options())
      for (const auto& name : option->get_lnames())
        names.push_back("--" + name);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::vector<std::string> subcommand_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* sub : app.get_subcommands({}))
    names.push_back(sub->get_name());
  return names;
}

/// Commands of other groups whose last word is that one: `status` of `sync status`.
std::vector<std::string> commands_ending_in(std::string_view word) {
  std::vector<std::string> found;
  for (const auto& entry : command_table())
    if (entry.path.substr(entry.path.rfind(' ') + 1) == word)
      found.emplace_back(entry.path);
  return found;
}

std::string suggested_command(const reached_command& at, const std::string& word) {
  const std::string group = at.path.empty() ? "" : at.path + " ";
  if (const auto near = closest(word, subcommand_names(*at.app)))
    return did_you_mean("spec-kitty " + group + *near);
  const auto elsewhere = commands_ending_in(word);
  if (elsewhere.empty() || elsewhere.size() > max_named_commands)
    return {};
  std::string names;
  for (const auto& path : elsewhere)
    names += (names.empty() ? "spec-kitty " : " or spec-kitty ") + path;
  return did_you_mean(names);
}

std::string message_of(const CLI::App& app, const reached_command& at,
                       const CLI::ParseError& error) {
  const auto left_over = app.remaining(true);
  const bool lacks_something = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
  if (lacks_something && !left_over.empty()) {
    if (left_over.front().starts_with("-"))
      return "unknown option " + left_over.front() +
             did_you_mean(closest(left_over.front(), option_names(app, *at.app)));
    return "unknown command: " + (at.path.empty() ? "" : at.path + " ") + left_over.front() +
           suggested_command(at, left_over.front());
  }
  if (lacks_something && at.app->get_subcommands({}).empty())
    return error.what();
  if (lacks_something)
    return at.path.empty() ? "a command is missing" : at.path + " needs a command behind it";
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr && !left_over.empty()) {
    const std::string& word = left_over.front();
    if (word.starts_with("-"))
      return "unknown option " + word.substr(0, word.find('=')) +
             did_you_mean(closest(word.substr(0, word.find('=')), option_names(app, *at.app)));
    return "unexpected argument: " + word;
  }
  return error.what();
}

} // namespace

failure usage_failure(const CLI::App& app, const CLI::ParseError& error) {
  const auto at = reached(app);
  return {ec::usage, message_of(app, at, error),
          "see: spec-kitty " + (at.path.empty() ? "" : at.path + " ") + "--help"};
}

} // namespace spec_kitty
