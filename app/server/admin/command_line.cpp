#include "app/server/admin/command_line.hpp"

#include "app/server/admin/admin_socket.hpp"
#include "app/server/admin/local_commands.hpp"
#include "app/server/admin/show_reply.hpp"
#include "app/server/admin/state_folder.hpp"
#include "app/server/store/lmdb/open.hpp"
#include "util/files.hpp"
#include "util/prompt.hpp"
#include "util/usage/usage.hpp"
#include "util/version.hpp"
#include "util/working_line.hpp"

#include <algorithm>
#include <map>
#include <memory>

namespace spec_kitty::server {

namespace fs = std::filesystem;

namespace {

constexpr int done_status = 0;
constexpr int failed_status = 1;
constexpr int usage_status = 2;
constexpr std::size_t max_content_bytes = std::size_t{1} << 20;

/// A command line while it is parsed.
struct parsed_line {
  CLI::App app{"Takes in the events of your teams, keeps them durably, and passes them on.",
               "spec-kitty-server"};
  bool json = false;
  bool quiet = false;
  bool dev = false;
  chosen_settings chosen;
  std::map<std::string, std::string> flags; ///< key to text, as the parser fills them
  const server_command* command = nullptr;
  std::map<std::string, std::string> values; ///< of the command's options
  std::map<std::string, bool> switches;      ///< flags among them
};

std::string_view last_word_of(std::string_view path) {
  return path.substr(path.rfind(' ') + 1);
}

void declare_settings(parsed_line& line) {
  line.app.add_option("--config", line.chosen.config_file, "The configuration file")
      ->type_name("FILE");
  line.app.add_flag("--json", line.json, "Print one JSON object");
  line.app.add_flag("--quiet", line.quiet, "Print only results, warnings and errors");
  line.app.set_version_flag("-V,--version", "spec-kitty-server " + std::string(version));
  for (const auto& key : server_setting_keys())
    line.app
        .add_option(server_flag_name(key.name), line.flags[std::string(key.name)],
                    std::string(key.meaning))
        ->type_name("VALUE")
        ->group("Configuration");
}

void declare_options(parsed_line& line, CLI::App& sub, const server_command& command) {
  for (const auto& option : command.options) {
    const std::string name(option.name);
    const std::string help(option.help);
    CLI::Option* added = nullptr;
    switch (option.type) {
    case option_spec::kind::flag:
    case option_spec::kind::password:
      added = sub.add_flag("--" + name, line.switches[name], help);
      break;
    case option_spec::kind::value:
      added = sub.add_option("--" + name, line.values[name], help)->type_name("VALUE");
      break;
    case option_spec::kind::word:
    case option_spec::kind::file:
    case option_spec::kind::content:
      added = sub.add_option(name, line.values[name], help);
      break;
    }
    added->required(option.required);
  }
}

void declare_server_commands(parsed_line& line, const local_commands& own) {
  std::map<std::string_view, CLI::App*> groups;
  for (const auto& group : server_command_groups())
    groups[group.path] = line.app.add_subcommand(std::string(group.path), std::string(group.help))
                             ->fallthrough()
                             ->require_subcommand(1);
  for (const auto& command : server_commands()) {
    const auto space = command.path.rfind(' ');
    CLI::App& parent =
        space == std::string_view::npos ? line.app : *groups.at(command.path.substr(0, space));
    CLI::App* sub =
        parent.add_subcommand(std::string(last_word_of(command.path)), std::string(command.help))
            ->fallthrough();
    if (command.path == "run") {
      sub->add_flag("--dev", line.dev, "A throwaway server on this machine, with one account");
      own.declare_dev_options(*sub);
    }
    sub->parse_complete_callback([&line, &command] { line.command = &command; });
    declare_options(line, *sub, command);
  }
  line.app.require_subcommand(1);
}

/// The options as arguments: files made absolute or read, the password from stdin.
result<arguments> collect_arguments(const parsed_line& line) {
  std::map<std::string, std::string, std::less<>> given;
  for (const auto& option : line.command->options) {
    const std::string name(option.name);
    const auto value = line.values.find(name);
    const bool has_value = value != line.values.end() && !value->second.empty();
    if (option.type == option_spec::kind::flag) {
      if (line.switches.at(name))
        given[name] = "true";
    } else if (option.type == option_spec::kind::password) {
      if (!line.switches.at(name))
        continue;
      auto password = read_secret_from_stdin("password");
      if (!password)
        return password.error();
      given["password"] = std::move(*password);
    } else if (has_value && option.type == option_spec::kind::file) {
      std::error_code none;
      given[name] = fs::absolute(value->second, none).string();
    } else if (has_value && option.type == option_spec::kind::content) {
      const auto content = read_input(value->second, max_content_bytes);
      if (!content)
        return content.error();
      if (!*content)
        return failure{ec::bad_input, value->second + " does not exist", "give a file that exists"};
      given[name] = **content;
    } else if (has_value) {
      given[name] = value->second;
    }
  }
  return arguments(std::move(given));
}

/// Asks on the terminal where the command removes something; a failure where it is not agreed.
result<void> ask_first(const server_command& command, const arguments& given) {
  if (command.question.empty() || given.has("yes"))
    return {};
  std::string subject;
  for (const auto& option : command.options)
    if (subject.empty() && option.required &&
        (option.type == option_spec::kind::word || option.name == "user"))
      subject = given.text(option.name);
  std::string question(command.question);
  question.replace(question.find("{}"), 2, subject);
  const auto answer = prompt(question + " [y/N] ", true, "give --yes to do it without asking");
  if (!answer && answer.error().message != "nothing was typed")
    return answer.error();
  if (answer && (*answer == "y" || *answer == "yes"))
    return {};
  return failure{ec::blocked, "nothing was done", "answer y, or give --yes"};
}

/// The running server's reply, else that of the store that is opened here.
result<std::string> carry_out(const server_command& command, const arguments& given,
                              const command_context& ctx) {
  const server_settings& settings = ctx.settings;
  if (auto entered = enter_state_folder(settings.state()); !entered)
    return entered.error();
  const working_line working(ctx.out, std::string(command.path));
  const std::string request = admin_request(command, given);
  auto reply = ask_running_server(settings.state(), request);
  if (!reply)
    return reply.error();
  if (*reply)
    return std::move(**reply);
  store::lmdb_options options;
  options.state = settings.state();
  auto engine = store::open_lmdb_engine(options);
  if (!engine)
    return engine.error();
  administration here{**engine, settings, public_url_of(settings, guessed_url(settings))};
  std::string line = answer_admin_request(here, request);
  (*engine)->stop(std::chrono::steady_clock::now() + std::chrono::seconds(10));
  return line;
}

int run_store_command(command_context& ctx, const server_command& command, const arguments& given) {
  if (command.path == "team export")
    return print_export(ctx.out, given,
                        [&](const arguments& page) { return carry_out(command, page, ctx); });
  const auto reply = carry_out(command, given, ctx);
  if (!reply)
    return ctx.fail(reply.error());
  return show_reply(ctx.out, *reply) ? done_status : failed_status;
}

int run_parsed(parsed_line& line, const local_commands& own) {
  for (const auto& key : server_setting_keys())
    if (const std::string& value = line.flags.at(std::string(key.name)); !value.empty()) {
      std::error_code none; // a path on the command line begins where it is typed
      line.chosen.flags[std::string(key.name)] =
          key.type == setting_key::kind::path ? fs::absolute(value, none).string() : value;
    }
  line.chosen.for_trying_out = line.dev;
  output out(line.json, line.quiet, false);
  auto settings = server_settings::load(line.chosen);
  if (!settings) {
    out.fail(settings.error());
    (void)out.flush();
    return failed_status;
  }
  command_context ctx{std::move(out), std::move(*settings), line.dev};
  for (const auto& warning : ctx.settings.warnings())
    ctx.out.warn_of("remarks on the configuration", warning);
  int status = failed_status;
  const auto given = collect_arguments(line);
  if (!given)
    status = ctx.fail(given.error());
  else if (const auto agreed = ask_first(*line.command, *given); !agreed)
    status = ctx.fail(agreed.error());
  else if (line.command->path == "run")
    status = own.run(ctx, *given);
  else if (line.command->place == command_place::local)
    status = run_local_command(ctx, *line.command, *given);
  else
    status = run_store_command(ctx, *line.command, *given);
  ctx.out.end_of_kinds();
  return ctx.out.flush() ? status : failed_status;
}

} // namespace

int command_context::fail(const failure& why) {
  out.fail(why);
  return failed_status;
}

namespace {

/// The words behind the program, last one first, as CLI11 takes them; `help user add` as
/// `user add --help`.
std::vector<std::string> as_help_option(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  if (!words.empty() && words.front() == "help") {
    words.erase(words.begin());
    words.emplace_back("--help");
  }
  std::reverse(words.begin(), words.end());
  return words;
}

} // namespace

int run_server_command_line(int argc, char** argv, const local_commands& own) {
  parsed_line line;
  declare_settings(line);
  declare_server_commands(line, own);
  try {
    line.app.parse(as_help_option(argc, argv));
  } catch (const CLI::CallForHelp& help) {
    return line.app.exit(help);
  } catch (const CLI::CallForVersion& shown) {
    return line.app.exit(shown);
  } catch (const CLI::ParseError& error) {
    const bool json = std::any_of(
        argv + 1, argv + argc, [](const char* word) { return std::string_view(word) == "--json"; });
    output out(json, false, false);
    known_commands known{"spec-kitty-server", {}};
    for (const auto& command : server_commands())
      known.paths.emplace_back(command.path);
    out.fail(usage_failure(line.app, error, known));
    out.flush();
    return usage_status;
  }
  return run_parsed(line, own);
}

} // namespace spec_kitty::server
