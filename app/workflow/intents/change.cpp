#include "app/workflow/intents/change.hpp"

#include "app/workflow/index_refresh.hpp"
#include "app/workflow/intents/evidence.hpp"
#include "app/workflow/intents/take_back.hpp"
#include "app/workflow/intents/uncommitted.hpp"
#include "config/git_files.hpp"
#include "util/sha256.hpp"

#include <algorithm>

namespace spec_kitty::workflow {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t max_changed_bytes = std::size_t{16} << 20;
constexpr std::size_t max_unrecorded = 1000;
constexpr std::chrono::minutes commit_patience{10};

intent record_for(const repository& repo, change_request& request) {
  intent record;
  record.id = std::move(request.id);
  record.at = request.at;
  record.command = std::move(request.command);
  record.checkout = repo.checkout.string();
  record.how = request.subject ? intent_way::commit : intent_way::files;
  record.subject = request.subject.value_or("");
  if (!request.branch.empty())
    record.ref = "refs/heads/" + request.branch;
  return record;
}

/// The commit of a branch, or nothing where it has no commit. A branch that was committed to lately
/// is a file; reading it saves a process.
std::optional<std::string> branch_tip(const repository& repo, const std::string& ref) {
  const auto line = first_line_of(repo.git_dir / ref);
  const bool is_hash = (line.size() == 40 || line.size() == 64) &&
                       line.find_first_not_of("0123456789abcdef") == std::string::npos;
  return is_hash ? line : git(repo.checkout).commit_of(ref);
}

git::words with_paths(git::words arguments, const git::words& paths) {
  arguments.emplace_back("--");
  arguments.insert(arguments.end(), paths.begin(), paths.end());
  return arguments;
}

} // namespace

git_result<open_change> open_change::carry_out(const repository& repo, const repo_edit& edit,
                                               change_request request) {
  auto events = std::move(request.events);
  open_change change(repo, record_for(repo, request));
  auto& record = change.record_;
  change.interruptible_ = request.interruptible;
  std::vector<fs::path> paths;
  for (const auto& [path, bytes] : edit.wanted())
    paths.push_back(path);
  for (auto& event : events) {
    const auto found = std::find(paths.begin(), paths.end(), event.shown_in);
    if (found == paths.end())
      return failure{ec::internal, "no file of the change shows " + event.event_type, {}};
    record.transitions.push_back({event.event_type, std::move(event.payload),
                                  std::move(event.causation_id), event.feature_slug.value_or(""),
                                  static_cast<std::size_t>(found - paths.begin()),
                                  std::move(event.shown)});
  }
  if (record.how == intent_way::commit)
    record.before = branch_tip(repo, record.ref);
  if (auto begun = change.begin(edit); !begun) {
    change.folder_.remove(record.id);
    return begun.error();
  }
  git_result<void> done = change.write_files(edit);
  if (done && record.how == intent_way::commit)
    done = change.commit();
  if (done)
    return change;
  if (record.git && !done.git_busy) // it may have been killed
    (void)remove_stale_locks(repo, record);
  (void)take_back(repo, record, changed_files::restored);
  change.folder_.remove(record.id);
  return {done.error(), done.git_busy};
}

result<void> open_change::begin(const repo_edit& edit) {
  for (const auto& [path, bytes] : edit.wanted()) {
    intent_file file;
    file.path = path_in_checkout(repo_, path);
    file.after = sha256_hex(bytes);
    const auto now = repo_.files().read(path, max_changed_bytes);
    if (!now)
      return in_repository(now.error());
    if (*now) {
      const auto mode = mode_for(repo_.files(), path);
      if (!mode)
        return in_repository(mode.error());
      file.mode = mode->bits;
      file.before = sha256_hex(**now);
      const auto copy = folder_.copy_of(record_.id, record_.files.size());
      if (auto kept = folder_.keep_copy(path, **now, copy); !kept)
        return kept;
    }
    record_.files.push_back(std::move(file));
  }
  return folder_.write(record_);
}

result<void> open_change::write_files(const repo_edit& edit) {
  std::size_t number = 0;
  const auto files = repo_.files();
  for (const auto& [path, bytes] : edit.wanted()) {
    const auto& file = record_.files[number++];
    files.remove_unfinished(path); // of a command that was killed
    if (auto written = files.replace(path, bytes, {file.mode, file.before.has_value()}); !written)
      return in_repository(written.error());
  }
  return {};
}

/// Runs git when the intent names its process.
git_result<void> open_change::run_marked(const git& git_there, const git::words& arguments) {
  result<void> marked;
  auto made = git_there.run_held(
      arguments, commit_patience,
      [&](pid_t pid) {
        record_.git = identity_of(pid);
        marked = folder_.write(record_);
        return marked.ok();
      },
      interruptible_);
  if (!marked)
    return marked.error();
  return made;
}

git_result<void> open_change::try_commit(const git& git_there, const git::words& paths) {
  const std::string trailer = std::string(intent_trailer) + ": " + record_.id;
  // Housekeeping would be a further process each time; the user's own commits do it.
  return run_marked(git_there,
                    with_paths({"-c", "maintenance.auto=false", "-c", "core.fsync=all", "commit",
                                "--quiet", "--only", "-m", record_.subject, "-m", trailer},
                               paths));
}

git_result<open_change> open_change::move_branch(const repository& repo, change_request request) {
  auto events = std::move(request.events);
  open_change change(repo, record_for(repo, request));
  auto& record = change.record_;
  change.interruptible_ = request.interruptible;
  record.how = intent_way::ref;
  record.to = std::move(request.to);
  record.before = branch_tip(repo, record.ref);
  const git git_there(repo.checkout);
  for (auto& event : events) {
    intent_file file;
    file.path = path_in_checkout(repo, event.shown_in);
    const auto text = text_at(git_there, record.to, file.path);
    file.after = sha256_hex(text ? *text : std::string());
    record.transitions.push_back({event.event_type, std::move(event.payload),
                                  std::move(event.causation_id), event.feature_slug.value_or(""),
                                  record.files.size(), std::move(event.shown)});
    record.files.push_back(std::move(file));
  }
  if (auto begun = change.folder_.write(record); !begun) {
    change.folder_.remove(record.id);
    return begun.error();
  }
  auto done = change.forward();
  if (done)
    return change;
  if (record.git && !done.git_busy)
    (void)remove_stale_locks(repo, record);
  if (record.git)
    (void)take_back_checkout(repo, record);
  change.folder_.remove(record.id);
  return {done.error(), done.git_busy};
}

git_result<void> open_change::forward() {
  const git git_there(repo_.checkout);
  auto moved = run_marked(git_there, {"-c", "core.fsync=all", "merge", "--quiet", "--ff-only",
                                      "--no-stat", record_.to});
  if (moved || decide(facts_of(git_there, record_, {}, record_.at)) != intent_outcome::record)
    return moved;
  (void)remove_stale_locks(repo_, record_);
  return {};
}

git::words open_change::drop_ignored(const git& git_there, git::words& paths) {
  git::words fresh;
  for (const auto& file : record_.files) {
    const auto path = (repo_.checkout / file.path).string();
    const auto pattern = literal_path(path);
    if (const auto listed = git_there.run({"ls-files", "--", pattern}); !listed || !listed->empty())
      continue;
    if (git_there.run({"check-ignore", "--quiet", "--", path})) {
      ignored_ = true;
      std::erase(paths, pattern);
    } else {
      fresh.push_back(pattern);
    }
  }
  return fresh;
}

git_result<void> open_change::commit() {
  const git git_there(repo_.checkout);
  git::words paths;
  for (const auto& file : record_.files)
    paths.push_back(literal_path((repo_.checkout / file.path).string()));
  auto made = try_commit(git_there, paths);
  // `commit --only` takes paths that the index knows; it refuses others before any hook runs.
  if (!made) {
    const auto fresh = drop_ignored(git_there, paths);
    if (paths.empty()) { // the files alone show it
      record_.how = intent_way::files;
      return folder_.write(record_);
    }
    if (!fresh.empty())
      if (const auto added = git_there.run(with_paths({"add", "--intent-to-add"}, fresh)); !added)
        return {added.error(), added.git_busy};
    if (!fresh.empty() || ignored_)
      made = try_commit(git_there, paths);
  }
  if (!made) {
    // A git that a signal ended, or that found nothing to commit, may have left it done.
    if (decide(facts_of(git_there, record_, {}, record_.at)) != intent_outcome::record)
      return made;
    (void)remove_stale_locks(repo_, record_);
    freshen_index(record_);
  } else if (hooks_may_run(repo_.git_dir)) {
    refresh_index(git_there);
  }
  return {};
}

void open_change::recording(const std::string& home) {
  record_.state = intent_state::recording;
  record_.home = home;
  // Where this fails the intent still says that git was released, and the change is found.
  (void)folder_.write(record_);
}

std::size_t open_change::keep_unrecorded() {
  record_.state = intent_state::unrecorded;
  record_.home.reset();
  (void)folder_.write(record_);
  std::vector<std::pair<std::string, std::size_t>> waiting;
  for (const auto& found : folder_.list())
    if (found.record && found.record->state == intent_state::unrecorded)
      waiting.emplace_back(found.id, found.record->transitions.size());
  std::size_t dropped = 0;
  for (std::size_t at = 0; at + max_unrecorded < waiting.size(); ++at) {
    // Counted first: killed in between it is recorded all the same, and counted once too often.
    folder_.add_dropped(waiting[at].second);
    folder_.remove(waiting[at].first);
    dropped += waiting[at].second;
  }
  hold_.reset();
  return dropped;
}

void open_change::finish() {
  note_recorded(repo_, record_, all_transitions(record_));
  folder_.remove(record_.id);
  hold_.reset();
}

} // namespace spec_kitty::workflow
