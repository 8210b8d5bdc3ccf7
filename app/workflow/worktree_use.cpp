#include "app/workflow/worktree_use.hpp"

#include "app/workflow/text_lines.hpp"
#include "util/files.hpp"
#include "util/text.hpp"
#include "util/utf8.hpp"

#include <unistd.h>

namespace spec_kitty::workflow {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t max_program_name = 64;

} // namespace

std::string worktree_user::words() const {
  return "process " + std::to_string(pid) + " (" + program + ") works in it";
}

std::optional<worktree_user> user_of_worktree(const fs::path& tree) {
  std::error_code error;
  const auto real = fs::canonical(tree, error).string();
  if (error)
    return std::nullopt;
  for (fs::directory_iterator at("/proc", error), end; !error && at != end; at.increment(error)) {
    const auto pid = whole_number<pid_t>(at->path().filename().string());
    if (!pid || *pid == ::getpid())
      continue;
    std::error_code unseen; // it has ended, or is another user's
    const auto folder = fs::read_symlink(at->path() / "cwd", unseen).string();
    if (unseen || !(folder + "/").starts_with(real + "/"))
      continue;
    const auto name = read_file(at->path() / "comm", max_program_name);
    return worktree_user{*pid, name && *name ? printable(trimmed(**name)) : std::string("?")};
  }
  return std::nullopt;
}

} // namespace spec_kitty::workflow
