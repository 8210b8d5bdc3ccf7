// spec-kitty config … and sync server: values with their origin.
#include "app/cli/command.hpp"
#include "app/cli/looks.hpp"
#include "app/home/doorbell.hpp"
#include "util/prompt.hpp"
#include "util/text.hpp"
#include "util/url.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace spec_kitty {

namespace {

constexpr std::string_view server_key = "sync.server_url";

struct config_options {
  std::string key;
  std::string value;
};

void write_value(json_writer& out, const setting_key& setting, const setting_value& value) {
  key(out, "value");
  if (setting.type == setting_key::kind::number || setting.type == setting_key::kind::flag)
    out.RawValue(value.text.data(), value.text.size(), rapidjson::kNumberType);
  else
    put(out, shown_value(setting, value.text));
  field(out, "origin", value.origin);
}

std::string setting_in_words(const setting_key& setting, const setting_value& value) {
  const std::string text = shown_value(setting, value.text);
  return std::string(setting.name) + " = " + (text.empty() ? "\"\"" : text) + "  (" +
         std::string(value.origin) + ")";
}

exit_status list_settings(context& ctx) {
  ctx.out.object([&](json_writer& out) {
    key(out, "config");
    out.StartArray();
    for (const auto& setting : setting_keys()) {
      out.StartObject();
      field(out, "key", setting.name);
      write_value(out, setting, ctx.config.at(setting.name));
      out.EndObject();
    }
    out.EndArray();
  });
  text_table rows(ctx.out, {"KEY", "VALUE", "FROM", "MEANING"});
  for (const auto& setting : setting_keys()) {
    const auto& value = ctx.config.at(setting.name);
    const std::string meaning(setting.meaning);
    if (!ctx.out.for_person()) {
      ctx.out.line(setting_in_words(setting, value) + "  " + meaning);
      continue;
    }
    const std::string text = shown_value(setting, value.text);
    rows.add({{std::string(setting.name), style::strong},
              {text.empty() ? "\"\"" : text, style::plain},
              {std::string(value.origin), style::faint},
              {meaning, style::faint}});
  }
  return exit_status::done;
}

exit_status get(context& ctx, const std::string& name) {
  const setting_key* setting = find_setting(name);
  if (setting == nullptr)
    return ctx.fail(unknown_setting(name));
  const auto& value = ctx.config.at(name);
  ctx.out.object([&](json_writer& out) {
    field(out, "key", name);
    write_value(out, *setting, value);
  });
  ctx.out.line(shown_value(*setting, value.text));
  return exit_status::done;
}

/// Shows what counts after a change of the file.
exit_status show_changed(context& ctx, const std::string& name, std::string_view what_was_done) {
  const auto now = settings::load(ctx.home.path);
  if (!now)
    return ctx.fail(now.error());
  const auto& effective = now->at(name);
  if (effective.origin == "environment")
    ctx.out.warn(std::string(what_was_done) + ", but " + environment_name(name) +
                 " in the environment overrides it");
  ctx.out.object([&](json_writer& out) {
    field(out, "key", name);
    write_value(out, *find_setting(name), effective);
  });
  ctx.out.line(setting_in_words(*find_setting(name), effective));
  return exit_status::done;
}

exit_status unset(context& ctx, const std::string& name) {
  const auto was_set = unset_setting(ctx.home.path, name);
  if (!was_set)
    return ctx.fail(was_set.error());
  if (!*was_set)
    ctx.out.note(name + " is not set in " + settings_file(ctx.home.path).string());
  return show_changed(ctx, name, "removed");
}

exit_status show_path(context& ctx) {
  const auto file = settings_file(ctx.home.path);
  std::error_code error;
  const bool exists = std::filesystem::exists(file, error);
  ctx.out.object([&](json_writer& out) {
    field(out, "path", file.string());
    field(out, "exists", exists);
  });
  ctx.out.line(file.string());
  return exit_status::done;
}

/// `config set KEY` or `config set KEY=VALUE`: the command that was meant.
failure without_value(const std::string& typed) {
  const auto equals = typed.find('=');
  const auto name = typed.substr(0, equals);
  const setting_key* key = find_setting(name);
  const std::string help = "\nsee: spec-kitty config set --help";
  if (key == nullptr)
    return unknown_setting(name);
  if (equals != std::string::npos)
    return {ec::usage, "the value stands behind the key, after a blank",
            "run: spec-kitty config set " + name + " " + shell_word(typed.substr(equals + 1)) +
                help};
  return {ec::usage, "the value of " + name + " is missing",
          "give " + allowed_values(*key) + "; what counts now: spec-kitty config get " + name +
              help};
}

exit_status set(context& ctx, const std::string& name, std::string value) {
  const setting_key* key = find_setting(name);
  if (key != nullptr && key->type == setting_key::kind::path && !value.empty() && value != "-")
    value = std::filesystem::absolute(value).string(); // relative to the current folder
  if (value == "-") {                                  // a secret does not belong on a command line
    auto line = read_secret_from_stdin("value");
    if (!line)
      return ctx.fail(line.error());
    value = *std::move(line);
  }
  std::error_code error;
  if (key != nullptr && key->type == setting_key::kind::path && !value.empty() &&
      !std::filesystem::exists(value, error))
    ctx.out.warn(value + " does not exist yet");
  if (auto written = set_setting(ctx.home.path, name, value); !written)
    return ctx.fail(written.error());
  return show_changed(ctx, name, "written");
}

exit_status show_server(context& ctx) {
  const auto& value = ctx.config.at(server_key);
  ctx.out.object([&](json_writer& out) {
    field(out, "server_url", value.text.empty() ? std::nullopt : std::optional(value.text));
    field(out, "origin", value.origin);
  });
  ctx.out.line(value.text.empty() ? "no server is set; events wait"
                                  : value.text + "  (" + std::string(value.origin) + ")");
  return exit_status::done;
}

exit_status set_server(context& ctx, const std::string& url) {
  const auto parsed = parse_server_url(url);
  if (!parsed)
    return ctx.fail(parsed.error());
  if (!parsed->path.empty())
    ctx.out.warn("the URL has the path " + parsed->path +
                 ", which few servers have; without it: spec-kitty sync server " +
                 shell_word(url.substr(0, url.find('/', url.find("://") + 3))));
  if (auto written = set_setting(ctx.home.path, server_key, url); !written)
    return ctx.fail(written.error());
  const auto now = settings::load(ctx.home.path);
  if (!now)
    return ctx.fail(now.error());
  if (now->at(server_key).origin == "environment")
    ctx.out.warn("written, but " + environment_name(server_key) +
                 " in the environment overrides it");
  context changed{{ctx.home, *now}, ctx.out};
  if (notify_daemon_with_timeout(ctx.home.path, wakeup_reason::session) == delivery::full)
    ctx.out.warn(
        "the daemon was not notified of the change; restart it: spec-kitty sync daemon restart");
  const auto status = show_server(changed);
  ctx.out = std::move(changed.out);
  return status;
}

} // namespace

command_action declare_config_list(CLI::App&) {
  return [](context& ctx) { return list_settings(ctx); };
}

command_action declare_config_get(CLI::App& app) {
  auto options = std::make_shared<config_options>();
  app.add_option("key", options->key, "Key, for example sync.server_url")->required();
  return [options](context& ctx) { return get(ctx, options->key); };
}

command_action declare_config_set(CLI::App& app) {
  auto options = std::make_shared<config_options>();
  app.add_option("key", options->key, "Key, for example sync.server_url")->required();
  const auto* value =
      app.add_option("value", options->value, "Its new value; - reads it from stdin");
  return [options, value](context& ctx) {
    return value->count() > 0 ? set(ctx, options->key, options->value)
                              : ctx.fail(without_value(options->key));
  };
}

command_action declare_config_unset(CLI::App& app) {
  auto options = std::make_shared<config_options>();
  app.add_option("key", options->key, "Key, for example sync.proxy")->required();
  return [options](context& ctx) { return unset(ctx, options->key); };
}

command_action declare_config_path(CLI::App&) {
  return [](context& ctx) { return show_path(ctx); };
}

command_action declare_sync_server(CLI::App& app) {
  auto options = std::make_shared<config_options>();
  const auto* url = app.add_option("url", options->value,
                                   "The server's URL; without it the current one is shown");
  return [options, url](context& ctx) {
    return url->count() == 0 ? show_server(ctx) : set_server(ctx, options->value);
  };
}

} // namespace spec_kitty
