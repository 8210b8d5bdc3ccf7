// What an orchestration keeps in the repository, ignored by git:
//
//   .kittify/orchestration-state.json      every feature's run, replaced as a whole at each step
//   .kittify/orchestration/<slug>/lock     held during a run
//                                /ask/     requests of another terminal: `abort`, `skip-WP03`
//                                /WP01.log, .prompt.md, .result, .lock
#pragma once

#include "app/orchestrate/plan.hpp"
#include "app/workflow/feature.hpp"
#include "util/files.hpp"

namespace spec_kitty::orchestrate {

class state_file {
public:
  explicit state_file(const workflow::feature& feature);

  const std::filesystem::path& path() const { return path_; }
  const std::filesystem::path& folder() const { return folder_; }
  /// The files that all of these are among.
  rooted_files files() const { return repo_.files(); }
  /// A file about one work package: `WP01.log`.
  std::filesystem::path of(const std::string& wp, const std::string& ending) const {
    return folder_ / (wp + ending);
  }

  /// Creates the folders and makes git ignore them. The caller must not hold the edit lock.
  result<void> create_layout() const;

  /// The feature's run; nothing where it never had one. Changes nothing.
  result<std::optional<orchestration>> read() const;
  /// Replaces the feature's run and keeps the others. On failure the file is unchanged.
  result<void> write(const orchestration& run) const;

  /// The lock for running this feature; nothing when another process holds it.
  result<std::optional<file_lock>> try_lock_run(std::chrono::milliseconds patience) const;
  /// Whether another process holds that lock. Changes nothing.
  bool is_taken() const;

  /// Leaves a request for the process that carries the run out.
  result<void> submit_request(const std::string& request) const;
  std::vector<std::string> pending_requests() const;
  void complete_request(const std::string& request) const;

private:
  std::string slug_;
  workflow::repository repo_;
  std::filesystem::path path_;
  std::filesystem::path folder_;
};

/// Refuses while an orchestration of the feature is running: its branches must not change.
result<void> require_no_active_run(const workflow::feature& feature);

} // namespace spec_kitty::orchestrate
