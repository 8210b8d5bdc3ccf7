// Notices changes of a board's sources: inotify on the folders of features and of the queue.
#pragma once

#include "util/files.hpp"

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace spec_kitty::board {

/// What has changed.
struct source_changes {
  std::set<std::string> features; ///< slugs
  bool feature_list = false;      ///< a feature came or went
  bool queue = false;
  bool any() const { return feature_list || queue || !features.empty(); }
};

class change_watch {
public:
  /// `specs` and `queue` need not exist yet: then the nearest folder above is watched.
  change_watch(std::filesystem::path specs, std::filesystem::path queue);

  /// To poll for reading; -1 where the system gives no watch. Then everything is looked at in turn.
  int descriptor() const { return fd_.get(); }
  /// Watches these features from now on.
  void follow(const std::vector<std::string>& slugs);
  /// What has changed since the last call.
  source_changes take();

private:
  void watch(const std::filesystem::path& folder, const std::string& name);

  std::filesystem::path specs_;
  std::filesystem::path queue_;
  unique_fd fd_;
  std::map<int, std::string> names_; ///< of each watch: a slug, or `/specs`, `/queue`
};

} // namespace spec_kitty::board
