#include "app/workflow/git.hpp"

#include "app/workflow/git_trouble.hpp"
#include "app/workflow/text_lines.hpp"
#include "config/checkout.hpp"
#include "config/git_files.hpp"
#include "util/rooted_files.hpp"

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <thread>

namespace spec_kitty::workflow {

namespace fs = std::filesystem;

namespace {

/// How long another git may hold the index: an editor's or a prompt's `git status` is that short.
constexpr std::chrono::milliseconds index_patience{2000};
constexpr std::chrono::milliseconds index_pause{50};

std::string without_last_newline(std::string text) {
  while (!text.empty() && text.back() == '\n')
    text.pop_back();
  return text;
}

/// What git printed about its failure; may be empty.
std::string complaint_of(const program_end& end) {
  auto text = without_last_newline(end.err);
  return text.empty() ? without_last_newline(end.out) : text;
}

/// The top of the working tree that a folder lies in, where `.git` tells it.
std::optional<fs::path> tree_top(const fs::path& folder) {
  for (fs::path at = folder; !at.empty(); at = at.parent_path()) {
    if (own_git_dir(at))
      return at;
    if (at == at.root_path())
      break;
  }
  return std::nullopt;
}

/// GIT_DIR and GIT_WORK_TREE where these, and no `.git`, name the repository of a folder.
git::words variables_of_environment(const fs::path& checkout) {
  if (std::getenv("GIT_DIR") == nullptr)
    return {};
  const auto place = locate_checkout(checkout);
  if (!place || !place->from_environment)
    return {};
  return {"GIT_DIR=" + place->git_dir.string(), "GIT_WORK_TREE=" + place->top.string()};
}

/// git names the lock file that it could not create: index.lock, HEAD.lock, a ref's.
bool names_lock_file(const program_end& end) {
  return complaint_of(end).find(".lock") != std::string::npos;
}

} // namespace

std::string literal_path(const std::string& path) {
  const char* all = std::getenv("GIT_LITERAL_PATHSPECS"); // the user's: then all paths are
  const bool already = all != nullptr && *all != '\0' && std::string_view(all) != "0" &&
                       std::string_view(all) != "false";
  return already ? path : ":(literal)" + path;
}

std::string without_url_secrets(std::string text) {
  for (auto at = text.find("://"); at != std::string::npos; at = text.find("://", at + 1)) {
    const auto from = at + 3;
    const auto end = std::min(text.find_first_of(" \t\n'\"/", from), text.size());
    const auto sign = text.rfind('@', end);
    if (sign != std::string::npos && sign >= from && sign < end)
      text.replace(from, sign - from, "***");
  }
  return text;
}

failure git_failure(const git::words& arguments, const program_end& end) {
  std::string complaint = complaint_of(end);
  if (complaint.empty())
    complaint = "exit status " + std::to_string(end.status);
  std::size_t at = 0;
  while (at + 2 < arguments.size() && (arguments[at] == "-c" || arguments[at] == "-C"))
    at += 2;
  const auto& command = arguments[at];
  auto remedy = remedy_for(complaint);
  return {ec::work_failed,
          "git " + command + ": " + without_url_secrets(as_utf8(in_one_line(complaint))),
          std::move(remedy)};
}

program git::program_for(const words& arguments, std::chrono::milliseconds patience) const {
  program what;
  what.argv = {"git"};
  what.argv.insert(what.argv.end(), arguments.begin(), arguments.end());
  what.folder = checkout_;
  what.variables = {"GIT_TERMINAL_PROMPT=0"};
  const auto named = variables_of_environment(checkout_);
  what.variables.insert(what.variables.end(), named.begin(), named.end());
  what.variables.insert(what.variables.end(), variables_.begin(), variables_.end());
  what.patience = patience;
  return what;
}

result<program_end> git::attempt(const words& arguments, std::chrono::milliseconds patience) const {
  const auto what = program_for(arguments, patience);
  const auto give_up = std::chrono::steady_clock::now() + index_patience;
  for (;;) {
    auto end = run_program(what);
    if (!end || end->status == 0 || complaint_of(*end).find("index.lock") == std::string::npos ||
        std::chrono::steady_clock::now() + index_pause > give_up)
      return end;
    std::this_thread::sleep_for(index_pause);
  }
}

git_result<void> git::run_held(const words& arguments, std::chrono::milliseconds patience,
                               std::function<bool(pid_t)> before_start, bool pass_on) const {
  auto what = program_for(arguments, patience);
  what.before_start = std::move(before_start);
  what.pass_on_signals = pass_on;
  const auto give_up = std::chrono::steady_clock::now() + index_patience;
  for (;;) {
    const auto end = run_program(what);
    if (!end)
      return end.error();
    if (end->status == 0)
      return {};
    if (complaint_of(*end).find("index.lock") == std::string::npos ||
        std::chrono::steady_clock::now() + index_pause > give_up)
      return {git_failure(arguments, *end), names_lock_file(*end)};
    std::this_thread::sleep_for(index_pause);
  }
}

git_result<std::string> git::run(const words& arguments, std::chrono::milliseconds patience) const {
  auto end = attempt(arguments, patience);
  if (!end)
    return end.error();
  if (end->status != 0)
    return {git_failure(arguments, *end), names_lock_file(*end)};
  return without_last_newline(std::move(end->out));
}

std::string git::current_branch() const {
  // Read from the file: running git would add a tenth to the time of a move. With git's reftable
  // form the file has `.invalid`.
  const auto top = tree_top(checkout_);
  const std::string head = top ? first_line_of(*own_git_dir(*top) / "HEAD") : std::string();
  constexpr std::string_view ref = "ref: refs/heads/";
  if (head.starts_with(ref) && head != "ref: refs/heads/.invalid")
    return head.substr(ref.size());
  const auto name = run({"symbolic-ref", "--quiet", "--short", "HEAD"});
  return name ? *name : std::string();
}

std::optional<std::string> git::commit_of(const std::string& revision) const {
  const auto found =
      run({"rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}"});
  return found ? std::optional(*found) : std::nullopt;
}

bool git::has_branch(const std::string& name) const {
  return run({"show-ref", "--verify", "--quiet", "refs/heads/" + name}).ok();
}

result<std::vector<std::string>> git::changed_paths(bool untracked) const {
  auto listed = attempt({"--no-optional-locks", "status", "--porcelain", "-z", "--no-renames",
                         untracked ? "--untracked-files=normal" : "--untracked-files=no"});
  if (!listed)
    return listed.error();
  if (listed->status != 0)
    return git_failure({"status"}, *listed);
  std::vector<std::string> paths;
  std::istringstream entries(listed->out);
  for (std::string entry; std::getline(entries, entry, '\0');)
    if (entry.size() > 3)
      paths.push_back(entry.substr(3));
  return paths;
}

result<std::vector<worktree_entry>> git::worktrees() const {
  const auto listed = run({"worktree", "list", "--porcelain"});
  if (!listed)
    return listed.error();
  std::vector<worktree_entry> all;
  for (const auto& line : lines_of_text(*listed)) {
    constexpr std::string_view path = "worktree ";
    constexpr std::string_view branch = "branch refs/heads/";
    if (line.content.starts_with(path))
      all.push_back({fs::path(line.content.substr(path.size())), {}});
    else if (line.content.starts_with(branch) && !all.empty())
      all.back().branch = line.content.substr(branch.size());
  }
  // One in .worktrees whose entry names another place was moved with the repository around it.
  std::vector<worktree_entry> existing;
  for (auto& tree : all) {
    std::error_code error;
    const fs::path moved = checkout_ / ".worktrees" / tree.path.filename();
    const auto entry = rooted_files(checkout_).kind_of(moved / ".git");
    if (fs::exists(tree.path, error) || error)
      existing.push_back(std::move(tree));
    else if (entry && *entry == entry_kind::file && run({"worktree", "repair", moved.string()}))
      existing.push_back({moved, tree.branch});
  }
  if (existing.size() < all.size())
    (void)run({"worktree", "prune"});
  return existing;
}

} // namespace spec_kitty::workflow
