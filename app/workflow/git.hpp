// Runs the `git` program in one checkout. A failure shows the message that git printed.
//
// git, and so the user's hooks, get the caller's environment, without the variables that name a
// repository, and with GIT_TERMINAL_PROMPT=0. Nothing is added that changes what a hook's git
// matches or writes.
#pragma once

#include "util/process.hpp"
#include "util/result.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace spec_kitty::workflow {

/// A working tree that git knows.
struct worktree_entry {
  std::filesystem::path path;
  std::string branch; ///< short name; empty: detached
};

/// What a run of git, or of several, gave.
template <class T>
class [[nodiscard]] git_result : public result<T> {
public:
  using result<T>::result;
  // NOLINTNEXTLINE(google-explicit-constructor)
  git_result(result<T> outcome) : result<T>(std::move(outcome)) {}
  git_result(failure why, bool busy) : result<T>(std::move(why)), git_busy(busy) {}

  /// It failed because another git holds a lock file; the same command may succeed later.
  bool git_busy = false;
};

class git {
public:
  using words = std::vector<std::string>;

  /// `variables`: `NAME=value`, beside the caller's environment.
  explicit git(std::filesystem::path checkout, words variables = {})
      : checkout_(std::move(checkout)), variables_(std::move(variables)) {}

  const std::filesystem::path& checkout() const { return checkout_; }
  /// The same with one more variable.
  git with(std::string variable) const {
    git more = *this;
    more.variables_.push_back(std::move(variable));
    return more;
  }

  /// Runs `git <arguments>` in the checkout; stdout without the newline at its end. A status other
  /// than 0 is a failure with git's message.
  git_result<std::string> run(const words& arguments,
                              std::chrono::milliseconds patience = std::chrono::minutes(2)) const;
  /// The same with any exit status. Fails only when git cannot be run. While another git holds
  /// index.lock it is run again, for at most 2 s.
  result<program_end> attempt(const words& arguments,
                              std::chrono::milliseconds patience = std::chrono::minutes(2)) const;

  /// Runs git when `before_start` agrees, which gets the id of its process before git begins; it
  /// never begins when the caller is killed first. `pass_on`: held signals are passed on to it.
  git_result<void> run_held(const words& arguments, std::chrono::milliseconds patience,
                            std::function<bool(pid_t)> before_start, bool pass_on) const;

  /// The branch that is checked out; empty when HEAD is detached.
  std::string current_branch() const;
  /// The commit that a revision leads to, or nothing.
  std::optional<std::string> commit_of(const std::string& revision) const;
  bool has_branch(const std::string& name) const;
  /// Paths that `git status` reports; without `untracked` only those git knows.
  result<std::vector<std::string>> changed_paths(bool untracked) const;
  /// Those that exist; the entries of others, which were deleted by hand, are pruned.
  result<std::vector<worktree_entry>> worktrees() const;

private:
  program program_for(const words& arguments, std::chrono::milliseconds patience) const;

  std::filesystem::path checkout_;
  words variables_;
};

/// A path for arguments that git takes as patterns: no character in it is special.
std::string literal_path(const std::string& path);

/// The text with what stands in front of the `@` of a URL replaced by `***`.
std::string without_url_secrets(std::string text);

/// The failure for a status other than 0, with git's message.
failure git_failure(const git::words& arguments, const program_end& end);

} // namespace spec_kitty::workflow
