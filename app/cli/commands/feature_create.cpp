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

/// Whether a folder, or what stands in its place, holds anything but folders: git leaves empty ones
/// behind, and so does a command that fails.
bool holds_files(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(fs::symlink_status(folder, error)))
    return fs::exists(fs::symlink_status(folder, error));
  fs::recursive_directory_iterator at(folder, error);
  for (const fs::recursive_directory_iterator end; !error && at != end; at.increment(error))
    if (!at->is_directory(error))
      return true;
  return static_cast<bool>(error);
}

/// The features with a number, in their order.
std::vector<std::string> numbered_features(const fs::path& specs) {
  std::vector<std::string> all;
  std::error_code error;
  for (fs::directory_iterator at(specs, error), end; !error && at != end; at.increment(error))
    if (std::string name = at->path().filename().string();
        has_number(name) && holds_files(at->path()))
      all.push_back(std::move(name));
  std::sort(all.begin(), all.end());
  return all;
}

/// The number after the highest one of the features that exist.
result<std::string> next_number(const std::vector<std::string>& features) {
  const unsigned highest =
      features.empty() ? 0 : whole_number<unsigned>(features.back().substr(0, 3)).value_or(0);
  if (highest >= max_number)
    return failure{ec::bad_input, "there is a feature with number 999 already",
                   "give a number that is free, such as 001-name"};
  return padded(highest + 1, 3);
}

/// The command line with another name, and all else that was typed.
std::string create_command(const std::string& name, const create_options& options) {
  std::string line = "spec-kitty feature create " + name;
  for (const auto& title : options.titles)
    line += " " + shell_option("--wp", title);
  return line + (options.no_auto_commit ? " --no-auto-commit" : "");
}

failure exists_already(const std::string& what, const std::string& slug) {
  return {ec::bad_input, what + " exists already",
          "look at it with: spec-kitty agent tasks status --feature " + slug};
}

/// `001-login` for `1-login` and `0001-login`; empty for other names.
std::string with_three_digits(const std::string& name) {
  const auto hyphen = name.find('-');
  const auto number = whole_number<unsigned>(name.substr(0, hyphen));
  const bool is_number = hyphen != std::string::npos && number && *number > 0 &&
                         *number <= max_number && (hyphen < 3 || name.front() == '0');
  return is_number ? padded(*number, 3) + name.substr(hyphen) : std::string();
}

result<std::string> slug_for(const create_options& options, const fs::path& specs) {
  const std::string& name = options.name;
  if (!is_name(name)) {
    const auto meant = as_slug(name);
    return failure{ec::bad_input,
                   excerpt(name) + " cannot name a feature: only small letters, digits and hyphens",
                   is_name(meant)
                       ? "run: " + create_command(meant, options)
                       : "give a name such as login-form, or with its number: 004-login-form"};
  }
  if (has_number(name))
    return name;
  if (const auto meant = with_three_digits(name); !meant.empty())
    return failure{ec::bad_input, name + " has a number of another length than three digits",
                   "run: " + create_command(meant, options)};
  const auto features = numbered_features(specs);
  const auto number = next_number(features);
  if (!number)
    return number.error();
  std::string slug = *number + "-" + name;
  for (const auto& other : features)
    if (other.substr(4) == name) {
      auto why = exists_already("the feature " + other, other);
      why.hint += "\nor make a second one: " + create_command(slug, options);
      return why;
    }
  return slug;
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
  const auto slug = slug_for(options, specs);
  if (!slug)
    return slug.error();
  new_feature made;
  made.slug = *slug;
  made.folder = specs / *slug;
  const auto there = repo.files().kind_of(made.folder);
  if (!there)
    return there.error();
  if (*there != entry_kind::missing && holds_files(made.folder))
    return exists_already(made.folder.string(), *slug);
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

void warn_of_number(context& ctx, const wf::repository& repo, const std::string& slug) {
  for (const auto& other : numbered_features(repo.checkout / "kitty-specs"))
    if (other != slug && other.starts_with(slug.substr(0, 4)))
      ctx.out.warn(other + " has the number " + slug.substr(0, 3) +
                   ", too: name both by more than their number");
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
  warn_of_number(ctx, *repo, made->slug);
  if (auto folders = repo->files().make_folders(made->folder / "tasks"); !folders)
    return wf::in_repository(folders.error());
  change_words words{"feature create", {}, std::nullopt};
  if (!options.no_auto_commit) {
    words.branch = branch;
    words.subject = "chore: Add feature " + made->slug;
  }
  if (auto changed = change_files(ctx, *repo, made->files, std::move(words), done); !changed) {
    std::error_code error; // what is not empty stays
    fs::remove(made->folder / "tasks", error);
    fs::remove(made->folder, error);
    return changed.error();
  }
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
