// A real repository with features, the homes whose commands change it, and a hook that can hold its
// git at a place of choice.
#pragma once

#include "app/chaos/installation.hpp"
#include "app/chaos/workpackages/work_history.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace spec_kitty::chaos {

/// A feature that is made for a trial: its work packages' lanes, and what tasks.md says.
struct feature_plan {
  std::string name;               ///< behind the number: `move`
  std::vector<std::string> lanes; ///< of WP01, WP02, …
  bool boxes_checked = false;
  bool depends = false; ///< each work package on the one before, in tasks.md
  bool ignored = false; ///< git ignores the feature's folder
};

class work_site {
public:
  /// The repository with its first commit, a server, and homes that are logged in.
  explicit work_site(const stage& where);

  installation& place() { return installation_; }
  static std::vector<std::string> homes() { return {"home", "other"}; }
  std::filesystem::path checkout() const { return installation_.folder() / "work"; }
  std::filesystem::path feature_folder(const std::string& slug) const {
    return checkout() / "kitty-specs" / slug;
  }
  std::filesystem::path worktree(const std::string& slug, const std::string& wp) const {
    return checkout() / ".worktrees" / (slug + "-" + wp);
  }

  /// Makes and commits it; its slug.
  std::string make_feature(const feature_plan& plan);
  /// `git <arguments>` as a person types it, in the checkout; throws where it fails.
  std::string git(const words& arguments, const std::filesystem::path& in = {},
                  const std::string& input = {});

  /// The hook of that name holds git once, when a test of the shell holds, until it is let go.
  void hold_in_hook(const std::string& name, const std::string& when = "true");
  bool is_held() const;
  void let_go() const;
  /// Each commit takes 200 ms longer.
  void slow_down();
  void remove_hooks();

  /// Every git of the repository has ended, those that a killed command had begun too.
  bool is_quiet() const;

  /// An exit status 0 of a command promises this event.
  void promise(const std::string& subject) { promised_.insert(subject); }
  /// Takes note of changes in files that git ignores: before they are changed again.
  void look_at_ignored();
  /// Takes what the repository and the events show now into the history.
  void look(const std::string& when);
  /// Sends everything to the server and looks a last time, at what the server keeps.
  void finish();

private:
  void write_hook(const std::string& name, const std::string& script);
  std::vector<std::string> events();

  installation installation_;
  unsigned features_ = 0;
  std::vector<std::string> hooks_;
  std::set<std::string> promised_;
  std::map<std::string, shown_work> ignored_; ///< by path: what it showed last
  std::vector<work_change> ignored_changes_;
};

} // namespace spec_kitty::chaos
