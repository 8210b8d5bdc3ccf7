// spec-kitty init: an identity for the project, in .kittify/config.yaml of the primary checkout.
#include "app/cli/command.hpp"
#include "app/cli/slug.hpp"
#include "app/cli/work_command.hpp"
#include "app/home/local_system.hpp"
#include "app/workflow/repo_edit.hpp"
#include "app/workflow/text_lines.hpp"
#include "config/project.hpp"
#include "messages/ulid.hpp"

#include <CLI/CLI.hpp>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <memory>

namespace spec_kitty {

namespace {

namespace wf = workflow;
namespace fs = std::filesystem;

struct init_options : work_options {
  std::optional<std::string> name;
};

/// A random UUID, version 4. https://www.rfc-editor.org/rfc/rfc9562
std::string fresh_uuid() {
  std::array<std::uint8_t, 16> bytes{};
  const auto first = draw_randomness();
  const auto second = draw_randomness();
  std::copy(first.begin(), first.end(), bytes.begin());
  std::copy_n(second.begin(), 6, bytes.begin() + 10);
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0FU) | 0x40U);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3FU) | 0x80U);
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    if (at == 4 || at == 6 || at == 8 || at == 10)
      text += '-';
    text += digits[bytes[at] >> 4U];
    text += digits[bytes[at] & 0x0FU];
  }
  return text;
}

/// True if the file already has a `project`, which init must not change.
result<bool> has_project(const fs::path& file, const std::string& text) {
  try {
    const YAML::Node root = YAML::Load(text);
    if (root.IsNull())
      return false;
    if (!root.IsMap())
      return failure{ec::bad_input, file.string() + " is not a YAML map",
                     "fix it, then run: spec-kitty init"};
    return static_cast<bool>(root["project"]);
  } catch (const YAML::Exception& error) {
    return failure{ec::bad_input,
                   file.string() + ", line " + std::to_string(error.mark.line + 1) + ", column " +
                       std::to_string(error.mark.column + 1) + ": malformed YAML: " + error.msg,
                   "fix it, then run: spec-kitty init"};
  }
}

/// What was decided about the git folder counts for the project from now on, also in programs that
/// know only its UUID.
void carry_decision(context& ctx, const fs::path& checkout) {
  if (ctx.no_home || !ctx.may_have_store())
    return;
  const auto project = read_project(checkout);
  local_system local(ctx.store_settings(), 0);
  const auto done = local.ask<project_done>(local.queue_handle(), local.patience(),
                                            project_request{project.key, project.name,
                                                            project_request::decision::carry,
                                                            project.aliases, project.parent});
  local.close();
  if (!done)
    ctx.out.warn(done.error().message +
                 "; an opt-out is carried over with the project's next event");
}

result<work_done> initialise(context& ctx, const init_options& options) {
  const auto repo = find_repository(ctx);
  if (!repo)
    return repo.error();
  auto lock = lock_and_settle(ctx, *repo);
  if (!lock)
    return lock.error();
  const fs::path file = repo->checkout / ".kittify" / "config.yaml";
  auto project = read_project(repo->checkout);
  if (!project.uuid) {
    auto text = repo->files().read(file);
    if (!text)
      return input_failure(text.error());
    std::string bytes = *text ? **text : "";
    const auto there = has_project(file, bytes);
    if (!there)
      return there.error();
    project.uuid = fresh_uuid();
    project.slug = as_slug(options.name.value_or(repo->checkout.filename().string()));
    if (project.slug->empty())
      return failure{ec::bad_input, "the name has no letter or digit",
                     "give another name: spec-kitty init --name my-project"};
    if (*there)
      return failure{ec::bad_input, file.string() + ": project has no usable uuid",
                     "set project.uuid there, for example to " + *project.uuid};
    const std::string ending = wf::line_ending_of(bytes);
    if (!bytes.empty() && bytes.back() != '\n')
      bytes += ending;
    bytes += "project:" + ending + "  uuid: " + *project.uuid + ending + "  slug: \"" +
             *project.slug + "\"" + ending;
    const auto files = repo->files();
    if (auto made = files.make_folders(file.parent_path()); !made)
      return wf::in_repository(made.error());
    wf::repo_edit change;
    change.change(file, std::move(bytes));
    if (auto applied = change.apply(files); !applied)
      return applied.error();
  }
  if (options.name && project.slug && as_slug(*options.name) != *project.slug)
    ctx.out.warn("the project has the name " + *project.slug + " already; to change it, edit " +
                 file.string());
  carry_decision(ctx, repo->checkout);
  work_done done;
  done.lines = {"project " + project.slug.value_or("") + " " + *project.uuid};
  done.fields = [project, file](json_writer& out) {
    field(out, "project_uuid", project.uuid);
    field(out, "project_slug", project.slug);
    field(out, "file", file.string());
  };
  return done;
}

} // namespace

command_action declare_init(CLI::App& app) {
  auto options = std::make_shared<init_options>();
  app.add_option("--name", options->name, "The project's slug (default: the name of the folder)")
      ->type_name("SLUG");
  declare_no_auto_commit(app, *options); // as all of them: it commits nothing in any case
  declare_feature(app, *options);
  return [options](context& ctx) {
    return run_reading(ctx, [&] { return initialise(ctx, *options); });
  };
}

} // namespace spec_kitty
