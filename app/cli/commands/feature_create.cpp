// spec-kitty feature create: the folder of a new feature, as every other command takes it.
#include "app/cli/command.hpp"
#include "app/cli/slug.hpp"
#include "app/cli/work_change.hpp"
#include "app/workflow/repo_edit.hpp"
#include "util/text.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>

namespace spec_kitty {

namespace {

namespace wf = workflow;
namespace fs = std::filesystem;

constexpr std::size_t max_packages = 99; ///< a work package's id has two digits
constexpr std::size_t max_slug_bytes = 100;
constexpr std::size_t max_title_bytes = 200;
constexpr unsigned max_number = 999;

struct create_options : work_options {
  std::string name;
  std::vector<std::string> titles;
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Lower-case letters and digits, words joined by hyphens.
bool is_name(std::string_view text) {
  const auto fits = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-'; };
  return !text.empty() && text.size() <= max_slug_bytes && text.front() != '-' &&
         text.back() != '-' && std::all_of(text.begin(), text.end(), fits);
}

bool has_number(std::string_view slug) {
  return slug.size() > 4 && slug[3] == '-' && std::all_of(slug.begin(), slug.begin() + 3, is_digit);
}

std::string padded(std::size_t number, std::size_t digits) {
  const std::string text = std::to_string(number);
  return std::string(digits - std::min(digits, text.size()), '0') + text;
}

/// The number after the highest one of the features that exist.
result<std::string> next_number(const fs::path& specs) {
  unsigned highest = 0;
  std::error_code error;
  for (fs::directory_iterator at(specs, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (has_number(name))
      highest = std::max(highest, whole_number<unsigned>(name.substr(0, 3)).value_or(0));
  }
  if (highest >= max_number)
    return failure{ec::bad_input, "there is a feature with number 999 already",
                   "give a number that is free, such as 001-name"};
  return padded(highest + 1, 3);
}

result<std::string> slug_for(const std::string& name, const fs::path& specs) {
  if (!is_name(name)) {
    const auto meant = as_slug(name);
    return failure{ec::bad_input,
                   excerpt(name) + " cannot name a feature: only small letters, digits and hyphens",
                   is_name(meant)
                       ? "run: spec-kitty feature create " + meant
                       : "give a name such as login-form, or with its number: 004-login-form"};
  }
  if (has_number(name))
    return name;
  const auto number = next_number(specs);
  return number ? result<std::string>(*number + "-" + name) : number.error();
}

/// `Login form` of `004-login-form`.
std::string title_of(const std::string& slug) {
  std::string title = slug.substr(4);
  std::replace(title.begin(), title.end(), '-', ' ');
  if (title.front() >= 'a' && title.front() <= 'z')
    title.front() = static_cast<char>(title.front() - 'a' + 'A');
  return title;
}

std::string meta_json(const std::string& slug, const std::string& target) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "feature_number", slug.substr(0, 3));
  field(out, "slug", slug);
  field(out, "friendly_name", title_of(slug));
  field(out, "target_branch", target);
  field(out, "created_at", utc_now());
  out.EndObject();
  return std::string(buffer.GetString(), buffer.GetSize()) + "\n";
}

/// A title as a YAML scalar in double quotes.
std::string yaml_text(const std::string& title) {
  std::string text = "\"";
  for (const char c : title)
    text.append(c == '"' || c == '\\' ? "\\" : "").append(1, c);
  return text + "\"";
}

std::string package_file(const std::string& id, const std::string& title,
                         const std::string& subtask) {
  return "---\nwork_package_id: " + id + "\ntitle: " + yaml_text(title) +
         "\nlane: planned\ndependencies: []\nsubtasks:\n  - " + subtask + "\n---\n\n# " + id +
         ": " + title + "\n\nWrite here what is to be done, and how it is recognised as done.\n";
}

/// `form` of `Form!`: the end of a file's name.
std::string file_word(const std::string& title) {
  std::string word;
  for (const char c : lower_case(title)) {
    if (is_digit(c) || (c >= 'a' && c <= 'z'))
      word += c;
    else if (!word.empty() && word.back() != '-')
      word += '-';
  }
  while (!word.empty() && word.back() == '-')
    word.pop_back();
  return word.empty() ? "work" : word.substr(0, 40);
}

struct new_feature {
  std::string slug;
  fs::path folder;
  std::vector<std::string> ids;
  wf::repo_edit files;
};

result<new_feature> plan(const wf::repository& repo, const create_options& options,
                         const std::string& target) {
  const fs::path specs = repo.checkout / "kitty-specs";
  const auto slug = slug_for(options.name, specs);
  if (!slug)
    return slug.error();
  new_feature made;
  made.slug = *slug;
  made.folder = specs / *slug;
  const auto there = repo.files().kind_of(made.folder);
  if (!there)
    return there.error();
  if (*there != entry_kind::missing)
    return failure{ec::bad_input, made.folder.string() + " exists already",
                   "look at it with: spec-kitty agent tasks status --feature " + *slug};
  std::vector<std::string> titles = options.titles;
  if (titles.empty())
    titles.push_back(title_of(*slug));
  if (titles.size() > max_packages)
    return failure{ec::bad_input, "a feature has at most 99 work packages", "give fewer --wp"};
  std::string tasks = "# Tasks: " + title_of(*slug) + "\n";
  for (std::size_t at = 0; at < titles.size(); ++at) {
    const auto title = one_line("--wp", titles[at]);
    if (!title)
      return title.error();
    if (title->size() > max_title_bytes)
      return failure{ec::bad_input, "--wp: a title has at most 200 bytes", "shorten it"};
    const std::string id = "WP" + padded(at + 1, 2);
    const std::string subtask = "T" + padded(at + 1, 3);
    tasks.append("\n## Work Package ").append(id).append(": ").append(*title);
    tasks.append("\n\n- [ ] ").append(subtask).append(" ").append(*title).append("\n");
    made.files.change(made.folder / "tasks" / (id + "-" + file_word(*title) + ".md"),
                      package_file(id, *title, subtask));
    made.ids.push_back(id);
  }
  made.files.change(made.folder / "tasks.md", std::move(tasks));
  made.files.change(made.folder / "meta.json", meta_json(*slug, target));
  return made;
}

result<work_done> create(context& ctx, const create_options& options) {
  const auto repo = find_repository(ctx);
  if (!repo)
    return repo.error();
  work_done done;
  auto lock = lock_and_settle(ctx, *repo);
  if (!lock)
    return lock.error();
  done.lock = std::move(*lock);
  const std::string branch = wf::git(repo->checkout).current_branch();
  if (branch.empty())
    return failure{ec::bad_input, "no branch is checked out in " + repo->checkout.string(),
                   "check one out: git -C " + shell_word(repo->checkout.string()) + " switch main"};
  auto made = plan(*repo, options, branch);
  if (!made)
    return made.error();
  if (auto folders = repo->files().make_folders(made->folder / "tasks"); !folders)
    return wf::in_repository(folders.error());
  change_words words{"feature create", {}, std::nullopt};
  if (!options.no_auto_commit) {
    words.branch = branch;
    words.subject = "chore: Add feature " + made->slug;
  }
  if (auto changed = change_files(ctx, *repo, made->files, std::move(words), done); !changed)
    return changed.error();
  done.lines = {made->slug + ": " + count_of(made->ids.size(), "work package"),
                "announce it with: spec-kitty agent feature finalize-tasks --feature " +
                    made->slug};
  done.fields = [slug = made->slug, folder = made->folder.string(),
                 ids = made->ids](json_writer& out) {
    field(out, "feature", slug);
    field(out, "folder", folder);
    payload_detail::write(out, "work_packages", ids);
  };
  return done;
}

} // namespace

command_action declare_feature_create(CLI::App& app) {
  auto options = std::make_shared<create_options>();
  app.add_option("slug", options->name,
                 "Name of the feature, such as login-form; without a number it gets the next one")
      ->required();
  app.add_option("--wp", options->titles, "Title of a work package; may be repeated")
      ->type_name("TITLE")
      ->allow_extra_args(false);
  declare_no_auto_commit(app, *options);
  return [options](context& ctx) {
    return run_work(ctx, *options, [&] { return create(ctx, *options); });
  };
}

} // namespace spec_kitty
