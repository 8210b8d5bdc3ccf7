#include "config/git_files.hpp"

#include "util/files.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <sstream>

namespace spec_kitty {

namespace fs = std::filesystem;

namespace {

std::string trimmed_line(const std::string& line) {
  constexpr const char* space = " \t\r\n";
  const auto from = line.find_first_not_of(space);
  return from == std::string::npos ? std::string()
                                   : line.substr(from, line.find_last_not_of(space) - from + 1);
}

std::string lower(std::string text) {
  for (char& c : text)
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// A value without quotes, escapes and the comment behind it.
std::string plain_value(const std::string& written) {
  std::string value;
  bool quoted = false;
  for (std::size_t at = 0; at < written.size(); ++at) {
    const char c = written[at];
    if (c == '"')
      quoted = !quoted;
    else if (c == '\\' && at + 1 < written.size())
      value += written[++at];
    else if (!quoted && (c == '#' || c == ';'))
      break;
    else
      value += c;
  }
  return trimmed_line(value);
}

/// False where the working tree says that it is of another git directory: what a repository notes
/// about its worktrees does not make them its own.
bool may_belong_to(const fs::path& top, const fs::path& admin) {
  const auto named = gitdir_of_file(top / ".git");
  std::error_code error;
  return same_folder(named, admin) || !fs::exists(named, error);
}

} // namespace

std::string core_value(const fs::path& file, std::string_view name) {
  const auto text = read_file(file);
  if (!text || !*text)
    return {};
  std::string found;
  bool in_core = false;
  std::istringstream lines(**text);
  for (std::string raw; std::getline(lines, raw);) {
    std::string line = trimmed_line(raw);
    if (line.starts_with('[')) {
      const auto end = std::min(line.find(']'), line.size() - 1);
      in_core = lower(trimmed_line(line.substr(1, end - 1))) == "core";
      line = trimmed_line(line.substr(end + 1));
    }
    const auto sign = line.find('=');
    if (in_core && lower(trimmed_line(line.substr(0, sign))) == name)
      found = sign == std::string::npos ? "true" : plain_value(line.substr(sign + 1));
  }
  return found;
}

git_core_config read_core_config(const fs::path& common) {
  git_core_config core;
  // With extensions.worktreeConfig the primary's own values are in config.worktree.
  for (const char* file : {"config", "config.worktree"}) {
    if (const auto bare = lower(core_value(common / file, "bare")); !bare.empty())
      core.bare = bare == "true" || bare == "yes" || bare == "on" || bare == "1";
    if (auto tree = core_value(common / file, "worktree"); !tree.empty())
      core.worktree = std::move(tree);
  }
  return core;
}

unsigned git_file_mode(const fs::path& common) {
  const std::string shared = lower(core_value(common / "config", "sharedrepository"));
  for (const char* group : {"group", "true", "yes", "on", "1"})
    if (shared == group)
      return 0660;
  for (const char* all : {"all", "world", "everybody", "2"})
    if (shared == all)
      return 0664;
  if (shared.size() == 4 &&
      shared[0] == '0') // as chmod takes it; the owner always reads and writes
    return 0600U | (static_cast<unsigned>(std::strtoul(shared.c_str(), nullptr, 8)) & 0666U);
  return 0600;
}

std::vector<linked_worktree> linked_worktrees(const fs::path& common) {
  std::vector<linked_worktree> trees;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(common / "worktrees", error))
    if (const fs::path file = first_line_of(entry.path() / "gitdir"); !file.empty())
      if (auto top = resolved((entry.path() / file).parent_path());
          fs::is_regular_file(top / ".git", error) && may_belong_to(top, entry.path()))
        trees.push_back({std::move(top), entry.path()});
  std::sort(trees.begin(), trees.end(),
            [](const auto& left, const auto& right) { return left.admin < right.admin; });
  return trees;
}

std::string first_line_of(const fs::path& file) {
  const auto text = read_file(file, 65536);
  return text && *text ? trimmed_line((*text)->substr(0, (*text)->find('\n'))) : std::string();
}

fs::path gitdir_of_file(const fs::path& file) {
  const std::string line = first_line_of(file);
  constexpr std::string_view prefix = "gitdir: ";
  if (!line.starts_with(prefix))
    return {};
  return resolved(file.parent_path() / line.substr(prefix.size()));
}

fs::path common_dir_of(const fs::path& git_dir) {
  const std::string common = first_line_of(git_dir / "commondir");
  return common.empty() ? git_dir : resolved(git_dir / common);
}

bool is_git_dir(const fs::path& folder) {
  std::error_code error;
  return fs::is_regular_file(folder / "HEAD", error) &&
         (fs::exists(folder / "commondir", error) || (fs::is_directory(folder / "objects", error) &&
                                                      fs::is_directory(folder / "refs", error)));
}

fs::path resolved(const fs::path& path) {
  std::error_code error;
  fs::path real = fs::canonical(path, error);
  if (error)
    real = fs::absolute(path, error).lexically_normal();
  return real.has_filename() ? real : real.parent_path();
}

bool same_folder(const fs::path& left, const fs::path& right) {
  std::error_code error;
  return left == right || fs::equivalent(left, right, error);
}

} // namespace spec_kitty
