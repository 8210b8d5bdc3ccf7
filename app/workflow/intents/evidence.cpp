#include "app/workflow/intents/evidence.hpp"

#include "app/workflow/intents/shown.hpp"
#include "util/files.hpp"
#include "util/sha256.hpp"

#include <algorithm>
#include <numeric>
#include <sstream>

namespace spec_kitty::workflow {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t max_shown_bytes = std::size_t{16} << 20;
constexpr const char* max_reflog_entries = "2000";

bool is_commit(const git& repo, const std::string& commit) {
  return repo.run({"cat-file", "-e", commit + "^{commit}"}).ok();
}

std::string intent_line_of(const intent& record) {
  return std::string(intent_trailer) + ": " + record.id;
}

/// A commit with the trailer that the branch reached after `before`.
bool branch_has_trailer(const git& repo, const intent& record) {
  git::words search = {"rev-list", "--max-count=1", "--fixed-strings",
                       "--grep=" + intent_line_of(record)};
  search.push_back(record.ref);
  if (record.before && is_commit(repo, *record.before))
    search.push_back("^" + *record.before);
  search.emplace_back("--");
  const auto found = repo.run(search);
  return found && !found->empty();
}

/// The branch's reflog, newest first: a commit, a NUL and its message each.
std::vector<std::string> reflog_of(const git& repo, const std::string& ref) {
  std::vector<std::string> entries;
  const auto log = repo.run({"-c", "log.showSignature=false", "log", "--walk-reflogs",
                             std::string("--max-count=") + max_reflog_entries,
                             "--format=%x1e%H%x00%B", ref, "--"});
  if (!log)
    return entries;
  std::istringstream text(*log);
  std::string entry;
  std::getline(text, entry, '\x1e');
  while (std::getline(text, entry, '\x1e'))
    entries.push_back(entry);
  return entries;
}

/// The branch once moved from `before` to the commit of this intent.
bool reflog_has_commit(const git& repo, const intent& record) {
  const auto entries = reflog_of(repo, record.ref);
  for (std::size_t at = 0; at < entries.size(); ++at) {
    const std::string& entry = entries[at];
    if (record.how == intent_way::ref) {
      if (entry.starts_with(record.to))
        return true;
      continue;
    }
    const bool first = at + 1 == entries.size();
    if (record.before ? first || !entries[at + 1].starts_with(*record.before) : !first)
      continue;
    const auto message = entry.substr(std::min(entry.find('\0'), entry.size() - 1) + 1);
    if (message.find(intent_line_of(record)) != std::string::npos ||
        message.substr(0, message.find('\n')) == record.subject)
      return true;
  }
  return false;
}

/// Whether the branch's tree shows the whole change.
bool tip_shows_all(const git& repo, const intent& record) {
  for (std::size_t file = 0; file < record.files.size(); ++file) {
    const auto text = text_at(repo, record.ref, record.files[file].path);
    if (!text)
      return false;
    bool has_transition = false;
    for (const auto& transition : record.transitions) {
      if (transition.file != file)
        continue;
      has_transition = true;
      if (!shows(*text, transition.shows))
        return false;
    }
    if (!has_transition && sha256_hex(*text) != record.files[file].after)
      return false;
  }
  return true;
}

} // namespace

std::optional<std::string> text_at(const git& repo, const std::string& revision,
                                   const std::string& path) {
  // `--filters` gives the line ends of the checkout; `./` makes the path start at its folder.
  std::string name = revision;
  const auto end = repo.attempt({"cat-file", "--filters", name.append(":./").append(path)});
  if (!end || end->status != 0)
    return std::nullopt;
  return end->out;
}

file_condition condition_of(const rooted_files& files, const intent& record, std::size_t file) {
  const auto& known = record.files[file];
  const auto text = files.read(fs::path(record.checkout) / known.path, max_shown_bytes);
  if (!text)
    return file_condition::changed;
  if (!*text)
    return known.before ? file_condition::changed : file_condition::as_before;
  const auto hash = sha256_hex(**text);
  return hash == known.after    ? file_condition::as_after
         : hash == known.before ? file_condition::as_before
                                : file_condition::changed;
}

std::vector<std::size_t> shown_transitions(const rooted_files& files, const intent& record) {
  std::vector<std::size_t> shown;
  for (std::size_t at = 0; at < record.transitions.size(); ++at) {
    const auto& transition = record.transitions[at];
    const auto condition = condition_of(files, record, transition.file);
    const auto path = fs::path(record.checkout) / record.files[transition.file].path;
    const auto text = condition == file_condition::changed ? files.read(path, max_shown_bytes)
                                                           : std::optional<std::string>{};
    if (condition == file_condition::as_after || (text && *text && shows(**text, transition.shows)))
      shown.push_back(at);
  }
  return shown;
}

std::vector<std::size_t> all_transitions(const intent& record) {
  std::vector<std::size_t> all(record.transitions.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return all;
}

intent_facts facts_of(const git& repo, const intent& record, const std::string& home,
                      epoch_us now) {
  intent_facts found;
  found.expired = now - record.at > max_intent_age;
  found.state = record.state;
  found.how = record.how;
  found.own_home = !home.empty() && record.home == home;
  if (record.git)
    found.git = is_running(*record.git) ? git_condition::running : git_condition::ended;
  if (found.expired || record.state != intent_state::begun || record.how == intent_way::files ||
      found.git != git_condition::ended)
    return found; // git is not needed to decide
  const auto tip = repo.commit_of(record.ref);
  found.ref_exists = tip.has_value();
  if (!tip)
    return found;
  found.tip_is_before = tip == record.before;
  found.has_commit = record.how == intent_way::ref
                         ? is_commit(repo, record.to) &&
                               repo.run({"merge-base", "--is-ancestor", record.to, *tip}).ok()
                         : !found.tip_is_before && branch_has_trailer(repo, record);
  if (found.has_commit)
    return found;
  found.had_commit = !found.tip_is_before && reflog_has_commit(repo, record);
  found.tip_shows_all = (found.tip_is_before || found.had_commit) && tip_shows_all(repo, record);
  return found;
}

} // namespace spec_kitty::workflow
