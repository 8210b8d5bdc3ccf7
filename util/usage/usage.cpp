#include "util/usage/usage.hpp"

#include "util/closest.hpp"
#include "util/json.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace spec_kitty {

namespace {

constexpr std::size_t max_named_commands = 4;
constexpr std::size_t max_range_bytes = 40;

/// Words that people use for the same thing. The first of a row that a group of commands has is
/// suggested for any other.
constexpr std::array<std::array<std::string_view, 6>, 8> synonyms = {{
    {"create", "add", "new", "make", "init", "register"},
    {"remove", "unset", "revoke", "disable", "delete", "rm"},
    {"list", "show", "status", "ls", "get", "view"},
    {"path", "file", "edit", "open", "where", "which"},
    {"now", "run", "start", "push", "send", "up"},
    {"stop", "end", "kill", "quit", "down", "halt"},
    {"login", "signin", "sign-in", "log-on", "authenticate", "connect"},
    {"logout", "signout", "sign-out", "log-off", "logoff", "disconnect"},
}};

/// The subcommand that was reached, and its words.
struct reached_command {
  const CLI::App* app;
  std::string path;

  std::string in_front_of(const std::string& word) const {
    return path.empty() ? word : path + " " + word;
  }
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

bool has_word(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::optional<std::string> synonym_of(std::string_view word,
                                      const std::vector<std::string>& names) {
  for (const auto& row : synonyms)
    if (std::find(row.begin(), row.end(), word) != row.end())
      for (const auto other : row)
        if (has_word(names, other))
          return std::string(other);
  return std::nullopt;
}

/// Commands of other groups that end in those words: `sync status` for `status`, `sync daemon
/// start` for `daemon start`.
std::vector<std::string> commands_ending_in(const known_commands& known, std::string_view words) {
  const std::string end = " " + std::string(words);
  std::vector<std::string> found;
  for (const std::string_view path : known.paths)
    if (path.ends_with(end))
      found.emplace_back(path);
  return found;
}

std::string suggested_command(const known_commands& known, const reached_command& at,
                              const std::vector<std::string>& words) {
  const std::string& word = words.front();
  const std::string program = known.program + " ";
  const auto names = subcommand_names(*at.app);
  if (words.size() > 1 && at.path.empty() && has_word(known.paths, words[1] + " " + word))
    return did_you_mean(program + words[1] + " " + word); // `add user`
  if (const auto near = closest(word, names))
    return did_you_mean(program + at.in_front_of(*near));
  if (const auto other = at.path.empty() ? std::nullopt : synonym_of(word, names))
    return did_you_mean(program + at.in_front_of(*other));
  auto elsewhere = words.size() > 1 ? commands_ending_in(known, word + " " + words[1])
                                    : std::vector<std::string>{};
  if (elsewhere.empty())
    elsewhere = commands_ending_in(known, word);
  if (elsewhere.empty() || elsewhere.size() > max_named_commands)
    return {};
  std::string all;
  for (const auto& path : elsewhere)
    all += (all.empty() ? "" : " or ") + program + path;
  return did_you_mean(all);
}

/// CLI11's words for a value that it refuses, in words for people.
std::string value_words(const std::string& text) {
  constexpr std::string_view not_converted = "Could not convert: ";
  constexpr std::string_view no_range = " not in range ";
  constexpr std::string_view no_member = " not in {";
  if (text.starts_with(not_converted)) {
    const auto rest = text.substr(not_converted.size());
    const auto equals = rest.find(" = ");
    return rest.substr(0, equals) + ": " +
           (equals == std::string::npos ? "the value" : excerpt(rest.substr(equals + 3))) +
           " is not a number that it takes";
  }
  constexpr std::string_view no_value = ": 1 required ";
  const auto name = text.substr(0, text.find(": "));
  if (const auto at = text.find(no_value); at == name.size() && text.ends_with(" missing"))
    return name + " needs a value: " +
           text.substr(at + no_value.size(),
                       text.size() - at - no_value.size() - std::string_view(" missing").size());
  if (const auto at = text.find(no_range); at != std::string::npos) {
    const auto range = text.substr(at + no_range.size());
    return name + (range.size() > max_range_bytes ? " must be 0 or greater" // up to the largest
                                                  : " must be from " + range);
  }
  const auto at = text.find(no_member);
  if (at == std::string::npos || !text.ends_with('}') || name.size() + 2 > at)
    return text;
  const auto typed = text.substr(name.size() + 2, at - name.size() - 2);
  std::string list = text.substr(at + no_member.size());
  list.pop_back();
  std::vector<std::string> choices;
  std::string shown;
  for (std::size_t from = 0; from <= list.size();) {
    const auto end = std::min(list.find(',', from), list.size());
    choices.push_back(list.substr(from, end - from));
    shown += (shown.empty() ? "" : ", ") + choices.back();
    from = end + 1;
  }
  return name + " must be one of " + shown + did_you_mean(closest(typed, choices));
}

constexpr std::string_view lacks = " is required";

/// `--to` of CLI11's words that it is missing; empty where another argument is.
std::string lacking_option(std::string_view words) {
  return words.starts_with("--") && words.ends_with(lacks)
             ? std::string(words.substr(0, words.size() - lacks.size()))
             : std::string();
}

/// CLI11 names what is missing as it is declared: `wp is required`, `--to is required`.
std::string lacking_words(const CLI::ParseError& error) {
  const std::string_view words = error.what();
  if (words.starts_with("-") || !words.ends_with(lacks))
    return std::string(words);
  return "an argument is missing: " + std::string(words.substr(0, words.size() - lacks.size()));
}

/// An argument that belongs behind an option: `a=b` behind --field, a feature behind --feature.
std::optional<std::string> option_for(const CLI::App& command, const std::string& word) {
  const bool is_pair = word.find('=') != std::string::npos && word.front() != '=';
  const bool is_feature =
      word.size() > 4 && word[3] == '-' &&
      std::all_of(word.begin(), word.begin() + 3, [](char c) { return c >= '0' && c <= '9'; });
  for (const auto& [fits, name] : {std::pair(is_pair, "--field"), {is_feature, "--feature"}})
    if (fits && command.get_option_no_throw(name) != nullptr)
      return shell_option(name, word);
  return std::nullopt;
}

std::string message_of(const CLI::App& app, const reached_command& at, const CLI::ParseError& error,
                       const known_commands& known) {
  const auto left_over = app.remaining(true);
  const bool lacks_something = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
  const bool is_group = !at.app->get_subcommands({}).empty();
  const std::string lacking = lacks_something ? lacking_option(error.what()) : std::string();
  const auto option = [&](const std::string& word) {
    const auto name = word.substr(0, word.find('='));
    auto meant = closest(name, option_names(app, *at.app));
    if (!meant && is_group && has_word(subcommand_names(*at.app), name.substr(2)))
      meant = known.program + " " + at.in_front_of(name.substr(2)); // `sync --now`
    if (!meant && !lacking.empty())
      meant = lacking;
    return "unknown option " + name + did_you_mean(meant);
  };
  if (lacks_something && !left_over.empty() && left_over.front().starts_with("-"))
    return option(left_over.front());
  if (lacks_something && !left_over.empty() && is_group)
    return "unknown command: " + at.in_front_of(left_over.front()) +
           suggested_command(known, at, left_over);
  if (lacks_something && !left_over.empty() && !lacking.empty())
    return lacking + " is required" +
           did_you_mean(shell_option(lacking, left_over.front())); // `move-task WP01 doing`
  if (lacks_something && !left_over.empty())
    return lacking_words(error) + "; unexpected argument: " + left_over.front();
  if (lacks_something && !is_group)
    return lacking_words(error);
  if (lacks_something)
    return at.path.empty() ? "a command is missing" : at.path + " needs a command behind it";
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr && !left_over.empty())
    return left_over.front().starts_with("-")
               ? option(left_over.front())
               : "unexpected argument: " + left_over.front() +
                     did_you_mean(option_for(*at.app, left_over.front()));
  return value_words(error.what());
}

} // namespace

failure usage_failure(const CLI::App& app, const CLI::ParseError& error,
                      const known_commands& known) {
  const auto at = reached(app);
  return {ec::usage, message_of(app, at, error, known),
          "see: " + known.program + " " + at.in_front_of("--help")};
}

} // namespace spec_kitty
