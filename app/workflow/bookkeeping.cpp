#include "app/workflow/bookkeeping.hpp"

#include "app/workflow/scratch.hpp"
#include "app/workflow/text_lines.hpp"
#include "messages/event.hpp"
#include "util/files.hpp"

#include <algorithm>
#include <sstream>

namespace spec_kitty::workflow {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t max_paths_per_run = 200;

/// The folder of the checkout inside its repository: empty, or `sub/`.
std::string checkout_prefix(const git& runner) {
  const auto prefix = runner.run({"rev-parse", "--show-prefix"});
  return prefix ? *prefix : std::string();
}

/// The files of a commit at these paths.
result<tree_files> files_at(const git& runner, const std::string& commit,
                            const std::vector<std::string>& paths) {
  tree_files found;
  for (std::size_t at = 0; at < paths.size(); at += max_paths_per_run) {
    git::words arguments = {"ls-tree", "-r", "-z", "--full-tree", commit, "--"};
    for (std::size_t next = at; next < std::min(paths.size(), at + max_paths_per_run); ++next) {
      arguments.push_back(paths[next]);
      found[paths[next]] = std::nullopt;
    }
    const auto listed = runner.attempt(arguments);
    if (!listed)
      return listed.error();
    if (listed->status != 0)
      return git_failure(arguments, *listed);
    std::istringstream entries(listed->out);
    for (std::string entry; std::getline(entries, entry, '\0');) {
      const auto tab = entry.find('\t'); // `<mode> <type> <object>\t<path>`
      const auto last = entry.rfind(' ', tab);
      if (tab != std::string::npos && last != std::string::npos)
        found[entry.substr(tab + 1)] =
            tree_file{entry.substr(0, entry.find(' ')), entry.substr(last + 1, tab - last - 1)};
    }
  }
  return found;
}

/// The bookkeeping that differs between two commits, as paths in the repository.
result<std::vector<std::string>> changed_bookkeeping(const git& runner, const std::string& prefix,
                                                     const std::string& from,
                                                     const std::string& to) {
  const git::words arguments = {"diff-tree", "-r", "-z", "--name-only", "--no-renames",
                                from,        to,   "--", "kitty-specs"};
  const auto listed = runner.attempt(arguments);
  if (!listed)
    return listed.error();
  if (listed->status != 0)
    return git_failure(arguments, *listed);
  std::vector<std::string> paths;
  std::istringstream entries(listed->out);
  for (std::string path; std::getline(entries, path, '\0');)
    if (path.starts_with(prefix) && is_bookkeeping(std::string_view(path).substr(prefix.size())))
      paths.push_back(path);
  return paths;
}

std::optional<std::string> text_of_blob(const git& runner, const std::optional<tree_file>& file) {
  if (!file)
    return std::nullopt;
  const auto shown = runner.attempt({"cat-file", "blob", file->blob});
  return shown && shown->status == 0 ? std::optional(shown->out) : std::nullopt;
}

/// A work package's text without its log, to see whether anything else was changed.
std::string without_log(const std::string& text) {
  std::string rest;
  for (const auto& line : lines_of_text(text))
    if (!parse_log_line(line.content))
      rest.append(line.content).append("\n");
  return rest;
}

std::vector<log_entry> log_of(const std::optional<std::string>& text) {
  if (!text)
    return {};
  const auto file = frontmatter_file::parse(*text, "");
  return file ? log_entries(file->body()) : std::vector<log_entry>{};
}

} // namespace

bool is_bookkeeping(std::string_view path) {
  constexpr std::string_view folder = "kitty-specs/";
  if (!path.starts_with(folder))
    return false;
  path.remove_prefix(folder.size());
  const auto slash = path.find('/');
  if (slash == std::string_view::npos)
    return false;
  const auto name = path.substr(slash + 1);
  if (name == "meta.json" || name == "tasks.md" || name == "status.events.jsonl")
    return true;
  return name.starts_with("tasks/WP") && name.ends_with(".md") &&
         name.find('/', 6) == std::string_view::npos && is_work_package_id(name.substr(6, 4));
}

result<std::string> with_files(const git& runner, const std::string& tree,
                               const tree_files& files) {
  if (files.empty())
    return runner.run({"rev-parse", tree + "^{tree}"});
  scratch_folder scratch;
  if (auto made = scratch.make(); !made)
    return made.error();
  const git there = runner.with("GIT_INDEX_FILE=" + (scratch.path() / "index").string());
  if (const auto read = there.run({"read-tree", tree}); !read)
    return read.error();
  // The paths are those of the repository, also where the checkout is a folder below it.
  const auto top = there.run({"rev-parse", "--show-toplevel"});
  if (!top)
    return top.error();
  git::words replaced = {"-C", *top, "update-index", "--add"};
  git::words removed = {"-C", *top, "update-index", "--force-remove", "--"};
  for (const auto& [path, file] : files) {
    if (file)
      replaced.insert(replaced.end(), {"--cacheinfo", file->mode, file->blob, path});
    else
      removed.push_back(path);
  }
  if (replaced.size() > 4)
    if (const auto set = there.run(replaced); !set)
      return set.error();
  if (removed.size() > 5)
    if (const auto gone = there.run(removed); !gone)
      return gone.error();
  return there.run({"write-tree"});
}

result<merge_side> merge_side_of(const git& runner, const feature& feature_ref,
                                 const std::string& wp, const std::string& tip,
                                 const std::string& target) {
  merge_side side{tip, {}, {}};
  const auto bases = runner.run({"merge-base", "--all", target, tip});
  if (!bases)
    return side; // nothing in common: git refuses the merge
  const std::string prefix = checkout_prefix(runner);
  std::vector<std::string> changed;
  std::string base;
  for (const auto& line : lines_of_text(*bases)) {
    base = line.content;
    auto paths = changed_bookkeeping(runner, prefix, base, tip);
    if (!paths)
      return paths.error();
    changed.insert(changed.end(), paths->begin(), paths->end());
  }
  if (changed.empty())
    return side;
  const auto of_target = files_at(runner, target, changed);
  const auto of_tip = files_at(runner, tip, changed);
  const auto of_base = files_at(runner, base, changed);
  if (!of_target || !of_tip || !of_base)
    return (!of_target ? of_target : !of_tip ? of_tip : of_base).error();
  const std::string own = prefix + "kitty-specs/" + feature_ref.slug() + "/tasks/" + wp;
  for (const auto& [path, file] : *of_tip) {
    const auto& kept = of_target->at(path);
    if (file && kept && file->blob == kept->blob)
      continue;
    const auto text = text_of_blob(runner, file);
    if (path.starts_with(own)) {
      side.log = log_of(text);
      const auto before = text_of_blob(runner, of_base->at(path));
      const auto now = text_of_blob(runner, kept);
      const auto is_same = [&](const std::optional<std::string>& other) {
        return text && other && without_log(*text) == without_log(*other);
      };
      if (is_same(before) || is_same(now))
        continue; // nothing but entries of the log
    }
    side.left_out.push_back(path);
  }
  const auto tree = with_files(runner, tip, *of_target);
  if (!tree)
    return tree.error();
  const auto made = commit_tree(runner, *tree, {tip}, {"-m", "The work of " + wp});
  if (!made)
    return made.error();
  side.commit = *made;
  return side;
}

result<std::string> commit_files(const git& runner, const std::string& parent,
                                 const std::vector<edited_file>& files, const git::words& message) {
  scratch_folder scratch;
  if (auto made = scratch.make(); !made)
    return made.error();
  const std::string prefix = checkout_prefix(runner);
  std::vector<std::string> paths;
  paths.reserve(files.size());
  for (const auto& file : files)
    paths.push_back(prefix + file.path.lexically_relative(runner.checkout()).string());
  const auto tracked = files_at(runner, parent, paths);
  if (!tracked)
    return tracked.error();
  tree_files changed;
  for (std::size_t at = 0; at < files.size(); ++at) {
    const auto& before = tracked->at(paths[at]);
    if (!before)
      continue;
    const auto text = scratch.path() / "text";
    if (auto written = replace_file(text, files[at].bytes, 0600); !written)
      return failure{ec::work_failed, written.error().message, "check the free space there"};
    const auto relative = paths[at].substr(prefix.size());
    const auto blob = runner.run({"hash-object", "-w", "--path=" + relative, "--", text.string()});
    if (!blob)
      return blob.error();
    changed[paths[at]] = tree_file{before->mode, *blob};
  }
  if (changed.empty())
    return parent;
  const auto tree = with_files(runner, parent, changed);
  if (!tree)
    return tree.error();
  return commit_tree(runner, *tree, {parent}, message);
}

result<std::string> commit_tree(const git& runner, const std::string& tree,
                                const std::vector<std::string>& parents,
                                const git::words& message) {
  git::words arguments = {"commit-tree", tree};
  for (const auto& parent : parents)
    arguments.insert(arguments.end(), {"-p", parent});
  const auto signing = runner.run({"config", "--type=bool", "commit.gpgSign"});
  if (signing && *signing == "true")
    arguments.emplace_back("-S");
  arguments.insert(arguments.end(), message.begin(), message.end());
  return runner.run(arguments);
}

} // namespace spec_kitty::workflow
