// A small real repository with a feature of three work packages, and the commands that act on it.
#pragma once

#include "tests/support/cli_test.hpp"

namespace spec_kitty::support {

/// Frontmatter as people leave it: quotes, a comment, an unknown key; a body with `---` lines.
std::string wp_text(const std::string& id, const std::string& ending = "\n");

class workflow_test : public cli_test {
protected:
  workflow_test();

  /// The primary checkout.
  std::filesystem::path repo() const { return work(); }
  std::filesystem::path feature() const { return repo() / "kitty-specs" / "001-tea"; }
  std::filesystem::path wp_file(const std::string& id) const {
    return feature() / "tasks" / (id + "-part.md");
  }
  std::filesystem::path tree(const std::string& id) const {
    return repo() / ".worktrees" / ("001-tea-" + id);
  }

  /// `git <arguments>` in a folder (the primary checkout); fails the test when git does.
  std::string git(words arguments, const std::filesystem::path& where = {}) const;
  /// The same; only its exit status.
  int git_status(words arguments) const;
  /// Adds everything and commits.
  void commit_all(const std::string& message = "work") const;
  /// What `git status --porcelain` prints; empty where all is clean.
  std::string changes() const { return git({"status", "--porcelain"}); }
  void hook(const std::string& name, const std::string& script) const;

  /// A `git` in front of the real one: `before` runs first, with the arguments in `$all`, and may
  /// exit; `after` runs when git has ended.
  void put_git_in_front(const std::string& before, const std::string& after = {});

  /// A command that must succeed, run in `where` (the primary checkout).
  finished ok(words arguments, const std::filesystem::path& where = {}) const;
  /// A command that must fail with status 1; its words.
  std::string refused(words arguments) const;
  /// Starts a work package and commits a file in its worktree.
  void implement(const std::string& id, const std::string& base = {}) const;

  /// Commits a file in a work package's worktree.
  void commit_work(const std::string& id, const std::string& file = {},
                   const std::string& text = {}) const;

  std::string lane(const std::string& id) const;
  /// Every stored event's type, aggregate and lanes, in order: `WPStatusChanged WP01 planned
  /// doing`.
  std::vector<std::string> events() const;
  /// The same without the ErrorLogged.
  std::vector<std::string> transitions() const;
  /// The stored events as JSON texts.
  std::vector<std::string> stored() const;
};

/// One event in a line, as workflow_test::events gives it.
std::string event_line(const std::string& json);

} // namespace spec_kitty::support
