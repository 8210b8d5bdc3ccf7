#include "app/server/admin/local_commands.hpp"

#include "app/server/admin/admin_socket.hpp"
#include "app/server/admin/key_file.hpp"
#include "app/server/admin/show_reply.hpp"
#include "app/server/admin/state_folder.hpp"
#include "app/server/store/lmdb/open.hpp"
#include "util/text.hpp"
#include "util/utf8.hpp"

#include <chrono>

namespace spec_kitty::server {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::seconds engine_stop_patience{10};

store::lmdb_options options_of(const server_settings& settings) {
  store::lmdb_options options;
  options.state = settings.state();
  return options;
}

/// not_found where no server runs in the folder.
result<void> check_no_server_runs(const fs::path& state, const std::string& command) {
  const auto reply = ask_running_server(state, "{}");
  if (reply && !*reply)
    return {};
  return failure{ec::already_running,
                 "a server runs in " + state.string() + ": " + command + " needs it stopped",
                 "systemctl stop spec-kitty-server, then run the command again"};
}

/// What `init` and `run --dev` put into an empty store: a team, an account, its role.
result<std::string> make_first(administration& of, const arguments& given) {
  std::string words;
  if (given.has("team")) {
    if (const auto team = add_team(of, arguments({{"slug", given.text("team")}})); !team)
      return team.error();
    words = "The team " + given.text("team") + " exists now.";
  }
  if (!given.has("admin"))
    return json_fields(words, [&](json_writer& out) { field(out, "team", given.text("team")); });
  std::map<std::string, std::string, std::less<>> account = {{"name", given.text("admin")}};
  if (given.has("password"))
    account["password"] = given.text("password");
  const auto user = add_user(of, arguments(std::move(account)));
  if (!user)
    return user.error();
  if (given.has("team")) {
    const auto joined = add_member(
        of, arguments(
                {{"team", given.text("team")}, {"user", given.text("admin")}, {"role", "admin"}}));
    if (!joined)
      return joined.error();
  }
  const auto parsed = parse_json(*user);
  const std::string link = parsed ? text_of(*parsed, "password_link").value_or("") : "";
  words += (words.empty() ? "" : "\n") + (parsed ? text_of(*parsed, "message").value_or("") : "");
  return json_fields(words + "\nStart the server: spec-kitty-server run", [&](json_writer& out) {
    field(out, "team", given.text("team"));
    field(out, "admin", given.text("admin"));
    field(out, "password_link", link.empty() ? std::nullopt : std::optional(link));
  });
}

int init(command_context& ctx, const arguments& given) {
  const fs::path state = ctx.settings.state();
  if (given.has("password") && !given.has("admin"))
    return ctx.fail({ec::bad_input,
                     "--password-stdin sets the password of --admin, which is missing",
                     "give --admin NAME"});
  if (auto made = make_state_folder(state, folder_owner::service); !made)
    return ctx.fail(made.error());
  if (auto entered = enter_state_folder(state); !entered)
    return ctx.fail(entered.error());
  if (store::has_store(state))
    return ctx.fail({ec::bad_input, state.string() + " holds a store already",
                     "add a team to it: spec-kitty-server team add SLUG"});
  if (auto made = store::create_lmdb_store(options_of(ctx.settings)); !made)
    return ctx.fail(made.error());
  if (const auto keys = read_key_file(ctx.settings.keys_file(), wall_clock_now()); !keys)
    return ctx.fail(keys.error());
  auto engine = store::open_lmdb_engine(options_of(ctx.settings));
  if (!engine)
    return ctx.fail(engine.error());
  administration here{**engine, ctx.settings,
                      public_url_of(ctx.settings, guessed_url(ctx.settings))};
  const auto fields = make_first(here, given);
  (*engine)->stop(std::chrono::steady_clock::now() + engine_stop_patience);
  if (!fields)
    return ctx.fail(fields.error());
  return show_reply(ctx.out, R"({"ok":true,)" + fields->substr(1)) ? 0 : 1;
}

int list_config(command_context& ctx) {
  for (const auto& key : server_setting_keys()) {
    const auto& value = ctx.settings.at(key.name);
    ctx.out.line(std::string(key.name) + " = " + (value.text.empty() ? "\"\"" : value.text) +
                 "  (" + std::string(value.origin) + ")");
  }
  ctx.out.object([&](json_writer& out) {
    field(out, "file",
          ctx.settings.file().empty() ? std::nullopt : std::optional(ctx.settings.file()));
    key(out, "config");
    out.StartArray();
    for (const auto& key_of : server_setting_keys()) {
      const auto& value = ctx.settings.at(key_of.name);
      out.StartObject();
      field(out, "key", key_of.name);
      field(out, "value", value.text);
      field(out, "origin", value.origin);
      field(out, "meaning", key_of.meaning);
      out.EndObject();
    }
    out.EndArray();
  });
  return 0;
}

int print_unit(command_context& ctx) {
  std::error_code none;
  const std::string program = fs::read_symlink("/proc/self/exe", none).string();
  const std::string text = unit_text(ctx.settings, program);
  if (printable(program, program.size()) != program)
    return ctx.fail({ec::bad_input, "a unit file cannot hold the path " + program,
                     "install the program in a folder without control characters"});
  ctx.out.lines(text);
  ctx.out.object([&](json_writer& out) { field(out, "unit", text); });
  return 0;
}

int restore(command_context& ctx, const arguments& given) {
  const fs::path state = ctx.settings.state();
  if (auto made = make_state_folder(state, folder_owner::service); !made)
    return ctx.fail(made.error());
  if (auto entered = enter_state_folder(state); !entered)
    return ctx.fail(entered.error());
  if (auto free = check_no_server_runs(state, "restore"); !free)
    return ctx.fail(free.error());
  if (auto done = store::restore_lmdb_store(options_of(ctx.settings), given.text("file")); !done)
    return ctx.fail(done.error());
  if (const auto keys = read_key_file(ctx.settings.keys_file(), wall_clock_now()); !keys)
    return ctx.fail(keys.error());
  const std::string words =
      "The store is restored. Each team's log has a new id: clients learn from it that the log was "
      "taken back. Events that were accepted after the backup are missing until clients that still "
      "have them send them again.";
  return show_reply(ctx.out, R"({"ok":true,)" + json_fields(words,
                                                            [&](json_writer& out) {
                                                              field(out, "file",
                                                                    given.text("file"));
                                                            })
                                                    .substr(1))
             ? 0
             : 1;
}

int migrate(command_context& ctx) {
  const fs::path state = ctx.settings.state();
  if (auto entered = enter_state_folder(state); !entered)
    return ctx.fail(entered.error());
  if (auto free = check_no_server_runs(state, "migrate"); !free)
    return ctx.fail(free.error());
  auto engine = store::open_lmdb_engine(options_of(ctx.settings));
  if (!engine)
    return ctx.fail(engine.error());
  (*engine)->stop(std::chrono::steady_clock::now() + engine_stop_patience);
  ctx.out.line("The store has this version's layout.");
  ctx.out.object([](json_writer& out) { field(out, "migrated", false); });
  return 0;
}

} // namespace

int run_local_command(command_context& ctx, const server_command& command, const arguments& given) {
  if (command.path == "init")
    return init(ctx, given);
  if (command.path == "config list")
    return list_config(ctx);
  if (command.path == "unit")
    return print_unit(ctx);
  if (command.path == "restore")
    return restore(ctx, given);
  return migrate(ctx);
}

std::string guessed_url(const server_settings& settings) {
  const bool tls = !settings.text("tls.certificate").empty();
  return (tls ? "https://" : "http://") + settings.text("listen");
}

} // namespace spec_kitty::server
