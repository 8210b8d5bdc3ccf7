#include "app/workflow/intents/take_back.hpp"

#include "app/workflow/intents/evidence.hpp"
#include "app/workflow/text_lines.hpp"
#include "util/files.hpp"
#include "util/sha256.hpp"
#include "util/text.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <sstream>
#include <thread>

namespace spec_kitty::workflow {

namespace fs = std::filesystem;

namespace {

constexpr epoch_us clock_granularity_us = 20'000; ///< of a file's time
constexpr std::chrono::milliseconds ending_patience{2000};
constexpr std::chrono::milliseconds ending_poll{50};
constexpr std::size_t max_kept_bytes = std::size_t{16} << 20;

/// True when the file has its old bytes again.
bool restore(const repository& repo, const intent& record, std::size_t number) {
  const auto& file = record.files[number];
  const auto path = fs::path(record.checkout) / file.path;
  const auto files = files_of(repo, record);
  if (!file.before)
    return files.remove(path).ok();
  const auto bytes = intent_folder(repo).copied(record.id, number);
  return bytes && *bytes && sha256_hex(**bytes) == *file.before &&
         files.replace(path, **bytes, {file.mode, true}).ok();
}

std::string left_sentence(const repository& repo, const intent& record, const intent_file& file) {
  const auto path = fs::path(record.checkout) / file.path;
  const auto text = files_of(repo, record).read(path, max_kept_bytes);
  const std::string now = text && *text ? sha256_hex(**text).substr(0, 12) : "missing";
  return as_utf8(path.string()) + " has changed since (" + now + ", written was " +
         file.after.substr(0, 12) + "); it was left as it is";
}

/// Entries that `git add --intent-to-add` made for this commit alone.
void forget_new_paths(const git& repo, const intent& record) {
  for (const auto& file : record.files) {
    const auto status =
        repo.attempt({"status", "--porcelain", "-z", "--", literal_path(file.path)});
    if (status && status->out.starts_with(" A "))
      (void)repo.run({"rm", "--cached", "--quiet", "--force", "--", literal_path(file.path)});
  }
}

/// The blob that the index has for a path; empty when it has none, or a conflict.
std::string index_blob(const git& repo, const std::string& path) {
  const auto listed = repo.run({"ls-files", "--stage", "--", literal_path(path)});
  if (!listed || listed->find('\n') != std::string::npos)
    return {};
  const auto from = listed->find(' ');
  return from == std::string::npos
             ? std::string()
             : listed->substr(from + 1, listed->find(' ', from + 1) - from - 1);
}

std::string blob_at(const git& repo, const std::string& revision, const std::string& path) {
  std::string name = revision;
  const auto blob = repo.run({"rev-parse", "--verify", "--quiet", name.append(":./").append(path)});
  return blob ? *blob : std::string();
}

epoch_us changed_at(const fs::path& file, uid_t& owner) {
  struct stat found {};
  if (::lstat(file.c_str(), &found) != 0 || !S_ISREG(found.st_mode))
    return 0;
  owner = found.st_uid;
  return epoch_us{found.st_mtim.tv_sec} * 1'000'000 + found.st_mtim.tv_nsec / 1000;
}

bool lies_in(const fs::path& path, const fs::path& folder) {
  const auto [end, rest] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return end == folder.end() || (std::next(end) == folder.end() && end->empty());
}

/// Whether any process has the file open, or is a git with its working folder in the repository.
bool in_use(const fs::path& file, const std::vector<fs::path>& folders) {
  std::error_code error;
  for (fs::directory_iterator at("/proc", error), end; !error && at != end; at.increment(error)) {
    if (!whole_number<pid_t>(at->path().filename().string()))
      continue;
    std::error_code gone;
    const auto name = read_file(at->path() / "comm", 4096);
    const auto place = fs::read_symlink(at->path() / "cwd", gone);
    if (name && *name && (*name)->starts_with("git") &&
        std::any_of(folders.begin(), folders.end(),
                    [&](const auto& folder) { return !gone && lies_in(place, folder); }))
      return true;
    for (fs::directory_iterator fd(at->path() / "fd", gone), last; !gone && fd != last;
         fd.increment(gone))
      if (std::error_code closed; fs::read_symlink(fd->path(), closed) == file)
        return true;
  }
  return false;
}

/// The same after a git that is about to end, as one whose parent was killed, had time to.
bool stays_in_use(const fs::path& file, const std::vector<fs::path>& folders) {
  const auto end = std::chrono::steady_clock::now() + ending_patience;
  while (in_use(file, folders)) {
    if (std::chrono::steady_clock::now() >= end)
      return true;
    std::this_thread::sleep_for(ending_poll);
  }
  return false;
}

} // namespace

std::vector<std::string> take_back(const repository& repo, const intent& record,
                                   changed_files which) {
  std::vector<std::string> left;
  bool restored = false;
  for (std::size_t number = 0; number < record.files.size(); ++number) {
    const auto files = files_of(repo, record);
    files.remove_unfinished(fs::path(record.checkout) / record.files[number].path);
    const auto condition = condition_of(files, record, number);
    if (condition == file_condition::as_before)
      continue;
    const bool ours = condition == file_condition::as_after || which == changed_files::restored;
    if (ours && restore(repo, record, number))
      restored = true;
    else
      left.push_back(left_sentence(repo, record, record.files[number]));
  }
  const git git_there(record.checkout);
  if (record.git)
    forget_new_paths(git_there, record);
  if (restored)
    (void)git_there.run({"update-index", "-q", "--refresh"});
  return left;
}

std::vector<std::string> return_checkout(const git& git_there, const rooted_files& files,
                                         const std::string& tip, const std::string& goal) {
  // The index is written when all files are there. Of two trees, read-tree touches only what
  // differs between them, and refuses where a file has other changes.
  if (git_there.run({"diff-index", "--cached", "--quiet", goal, "--"}) &&
      git_there.run({"read-tree", "-m", "-u", goal, tip}))
    return {};
  std::vector<std::string> left;
  const auto listed = git_there.run({"diff", "--name-only", "-z", "--no-renames", tip, goal});
  if (!listed)
    return {listed.error().message};
  const auto top = git_there.run({"rev-parse", "--show-toplevel"});
  const auto files_at_top = top ? rooted_files(*top) : files;
  std::istringstream names(*listed);
  for (std::string name; top && std::getline(names, name, '\0');) {
    const git from_top(*top);
    const auto now = files_at_top.read(name, max_kept_bytes);
    const auto before = text_at(from_top, tip, name);
    if (!now || *now == before || (!*now && !before))
      continue;
    // git removes a file before it writes it anew: it may be missing, or have a beginning.
    const auto after = text_at(from_top, goal, name);
    const bool by_git = !*now || (after && after->starts_with(**now));
    if (by_git && !before)
      (void)files_at_top.remove(name);
    else if (!by_git || !from_top.run({"checkout", "--quiet", tip, "--", literal_path(name)}))
      left.push_back(as_utf8(name) + " has changed since; it was left as it is");
  }
  return left;
}

std::vector<std::string> take_back_checkout(const repository& repo, const intent& record) {
  const git git_there(record.checkout);
  if (!record.before || "refs/heads/" + git_there.current_branch() != record.ref ||
      git_there.commit_of(record.ref) != record.before)
    return {};
  return return_checkout(git_there, files_of(repo, record), *record.before, record.to);
}

void freshen_index(const intent& record) {
  if (record.how != intent_way::commit || !record.before)
    return;
  const git git_there(record.checkout);
  if (std::string("refs/heads/") + git_there.current_branch() != record.ref)
    return;
  for (const auto& file : record.files) {
    const auto staged = index_blob(git_there, file.path);
    if (staged.empty() || staged == blob_at(git_there, "HEAD", file.path))
      continue;
    if (staged == blob_at(git_there, *record.before, file.path))
      (void)git_there.run({"reset", "--quiet", "--", literal_path(file.path)});
  }
}

bool remove_stale_lock(const rooted_files& files, const fs::path& lock, epoch_us since,
                       const std::vector<fs::path>& folders) {
  uid_t owner = 0;
  const auto changed = changed_at(lock, owner);
  if (changed == 0 || changed + clock_granularity_us < since || owner != ::geteuid())
    return false;
  std::error_code error;
  std::vector<fs::path> real;
  real.reserve(folders.size());
  for (const auto& folder : folders)
    real.push_back(fs::canonical(folder, error));
  return !stays_in_use(fs::canonical(lock, error), real) && files.remove(lock).ok();
}

std::vector<std::string> remove_stale_locks(const repository& repo, const intent& record) {
  std::vector<std::string> removed;
  const git git_there(record.checkout);
  const auto own = git_there.run({"rev-parse", "--absolute-git-dir"});
  std::vector<fs::path> locks = {repo.git_dir / (record.ref + ".lock")};
  if (own)
    for (const char* name : {"index.lock", "HEAD.lock", "ORIG_HEAD.lock"})
      locks.push_back(fs::path(*own) / name);
  if (own && record.git) // of `commit --only`
    locks.push_back(fs::path(*own) / ("next-index-" + std::to_string(record.git->pid) + ".lock"));
  for (const auto& lock : locks) {
    const auto files =
        own && fs::path(lock).parent_path() == *own ? rooted_files(*own) : repo.git_files();
    if (remove_stale_lock(files, lock, record.at, {record.checkout, repo.git_dir}))
      removed.push_back(as_utf8(lock.string()));
  }
  return removed;
}

} // namespace spec_kitty::workflow
