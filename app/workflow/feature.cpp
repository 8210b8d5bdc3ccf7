#include "app/workflow/feature.hpp"

#include "app/workflow/dependency_line.hpp"
#include "app/workflow/event_lanes.hpp"
#include "app/workflow/lanes.hpp"
#include "app/workflow/text_lines.hpp"
#include "config/checkout.hpp"
#include "config/git_files.hpp"
#include "messages/event.hpp"
#include "util/closest.hpp"
#include "util/files.hpp"
#include "util/json.hpp"
#include "util/sha256.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace spec_kitty::workflow {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t max_feature_file_bytes = std::size_t{1} << 20;
constexpr std::size_t short_hash_digits = 8;
constexpr std::size_t min_number_digits = 3;
constexpr std::size_t max_number_digits = 6;
constexpr std::size_t max_named_problems = 5;
constexpr std::size_t max_package_bytes = std::size_t{4} << 20; ///< with its activity log

/// The work package id at the beginning of a file name; empty for other names.
std::string id_of_name(const std::string& name) {
  const bool longer = name.size() > 4 && std::isalnum(static_cast<unsigned char>(name[4])) != 0;
  return name.ends_with(".md") && !longer && is_work_package_id(name.substr(0, 4))
             ? name.substr(0, 4)
             : std::string();
}

failure two_files(const std::string& wp, const std::vector<fs::path>& files) {
  return {ec::bad_input,
          wp + " has two files: " + files[0].filename().string() + " and " +
              files[1].filename().string() + " in " + files[0].parent_path().string(),
          "keep one of them; put the other away, such as: mv " + shell_word(files[1].string()) +
              " " + shell_word(files[1].string() + ".old")};
}

/// A feature's number as it is written in names and events; empty for anything else.
std::string number_text(std::string text) {
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  if (!digits || text.size() > max_number_digits)
    return {};
  return text.insert(0, min_number_digits - std::min(min_number_digits, text.size()), '0');
}

} // namespace

namespace {

/// The bare repository that a folder lies in; empty: none.
fs::path bare_repository_of(const fs::path& folder) {
  std::error_code error;
  for (fs::path at = folder; at.has_relative_path(); at = at.parent_path())
    if (fs::is_regular_file(at / "HEAD", error) && fs::is_directory(at / "objects", error) &&
        fs::is_directory(at / "refs", error))
      return at;
  return {};
}

failure not_in_a_checkout(const fs::path& current) {
  if (const auto bare = bare_repository_of(current).string(); !bare.empty())
    return {ec::bad_input, bare + " is a bare git repository: it has no files to work on",
            "clone it, then change to the clone: git clone " + shell_word(bare) + " " +
                shell_word(bare + "-work")};
  return {ec::bad_input, current.string() + " is not inside a git repository",
          "change to your repository, or create one: git init"};
}

} // namespace

result<repository> repository::here(fs::path elsewhere) {
  std::error_code error;
  const auto current = fs::current_path(error);
  if (error)
    return failure{ec::bad_input, "the current folder no longer exists",
                   "change to the repository first"};
  auto place = locate_checkout(current);
  if (place && place->dangling)
    return failure{ec::bad_input,
                   (place->top / ".git").string() + " names a git directory that does not exist",
                   "if the repository was moved, run there: git worktree repair " +
                       shell_word(place->top.string())};
  if (!place || place->git_dir.empty())
    return not_in_a_checkout(current);
  auto subfolder = place->subfolder();
  if (elsewhere = elsewhere.lexically_normal(); !elsewhere.has_filename())
    elsewhere = elsewhere.parent_path();
  return repository{std::move(place->root), std::move(place->top), std::move(place->git_dir),
                    std::move(subfolder), std::move(elsewhere)};
}

fs::path repository::worktree_folder() const {
  if (elsewhere.empty())
    return checkout / ".worktrees";
  // Checkouts of one name have a folder each.
  return elsewhere / (checkout.filename().string() + "-" +
                      sha256_hex(checkout.string()).substr(0, short_hash_digits));
}

std::string work_package::lane() const {
  if (event_state)
    return std::string(lane_of_state(*event_state));
  auto lane = file.scalar("lane");
  return lane.empty() ? "planned" : lane;
}

std::string work_package::title() const {
  for (const auto& key : {"title", "work_package_title"})
    if (auto title = file.scalar(key); !title.empty())
      return title;
  return path.stem().string();
}

std::vector<std::string> work_package::dependencies() const {
  if (auto listed = file.list("dependencies"))
    return std::move(*listed);
  return dependency_ids(file.scalar("dependencies"));
}

feature::feature(repository repo, std::string slug)
    : repo_(std::move(repo)), slug_(std::move(slug)),
      folder_(repo_.checkout / "kitty-specs" / slug_) {}

result<void> feature::read_meta() {
  const auto text = repo_.files().read(meta_path(), max_feature_file_bytes);
  if (!text)
    return input_failure(text.error());
  if (!*text)
    return {};
  const std::size_t start = (*text)->starts_with("\xEF\xBB\xBF") ? 3 : 0;
  const auto meta = parse_json(std::string_view(**text).substr(start));
  if (!meta || !meta->IsObject())
    return failure{ec::bad_input,
                   meta_path().string() + ": " +
                       (meta ? std::string("not a JSON object") : meta.error().message),
                   "fix " + shell_word(meta_path().string()) + ", then run the command again"};
  for (const char* key : {"feature_number", "mission_number"}) {
    const auto whole = whole_number_of(*meta, key);
    if (number_.empty())
      number_ = number_text(whole ? std::to_string(*whole) : text_of(*meta, key).value_or(""));
  }
  target_ = text_of(*meta, "target_branch").value_or("");
  return {};
}

std::string feature::number() const {
  const auto digits = std::min(slug_.find_first_not_of("0123456789"), slug_.size());
  const bool whole = digits == slug_.size() || slug_[digits] == '-';
  return whole && digits >= min_number_digits && digits <= max_number_digits
             ? slug_.substr(0, digits)
             : number_;
}

fs::path feature::worktree_of(const std::string& wp) const {
  return repo_.worktree_folder() / (slug_ + "-" + wp);
}

result<bool> feature::has_worktree(const std::string& wp) const {
  const auto tree = worktree_of(wp);
  const auto entry = repo_.worktree_files().kind_of(tree / ".git");
  if (!entry)
    return input_failure(entry.error());
  if (*entry == entry_kind::missing)
    return false;
  const auto own = *entry == entry_kind::file ? gitdir_of_file(tree / ".git") : fs::path();
  std::error_code error; // one that was moved leads nowhere: git names that
  if (*entry == entry_kind::file &&
      (!fs::exists(own, error) || same_folder(common_dir_of(own), repo_.git_dir)))
    return true;
  return failure{ec::bad_input, tree.string() + " is not a worktree of " + repo_.top.string(),
                 "move it away: mv " + shell_word(tree.string()) + " " +
                     shell_word(tree.string() + ".old")};
}

std::string feature::command(const std::string& words) const {
  return "spec-kitty " + words + " " + shell_option("--feature", slug_);
}

result<std::vector<std::pair<std::string, fs::path>>> feature::package_files() const {
  std::vector<std::pair<std::string, fs::path>> found;
  const auto entries = repo_.files().list(folder_ / "tasks");
  if (!entries)
    return input_failure(entries.error());
  for (const auto& entry : *entries)
    if (auto id = id_of_name(entry.name); !id.empty())
      found.emplace_back(std::move(id), folder_ / "tasks" / entry.name);
  std::sort(found.begin(), found.end());
  return found;
}

result<work_package> feature::load_file(const std::string& wp, const fs::path& path) const {
  auto text = repo_.files().read(path, max_package_bytes);
  if (!text || !*text)
    return failure{ec::bad_input, text ? "cannot read " + path.string() : text.error().message,
                   text ? "check the file and its permissions" : input_failure(text.error()).hint};
  auto file = frontmatter_file::parse(std::move(**text), path.string());
  if (!file)
    return file.error();
  work_package package{wp, path, std::move(*file)};
  if (event_states_) {
    const auto state = event_states_->find(wp);
    package.event_state = state == event_states_->end() ? "planned" : state->second;
  }
  if (!is_lane(package.lane()))
    return failure{ec::bad_input,
                   path.string() + ": lane " + excerpt(package.lane()) + " is not a lane",
                   "set lane to planned, doing, for_review or done in that file"};
  return package;
}

result<work_package> feature::load(const std::string& wp) const {
  const auto found = package_files();
  if (!found)
    return found.error();
  std::vector<fs::path> own;
  std::vector<std::string> known;
  for (const auto& [id, path] : *found) {
    if (id == wp)
      own.push_back(path);
    if (known.empty() || known.back() != id)
      known.push_back(id);
  }
  if (own.size() > 1)
    return two_files(wp, own);
  if (own.empty())
    return failure{ec::not_found,
                   "no work package " + excerpt(wp) + " in " + (folder_ / "tasks").string() +
                       did_you_mean(closest(wp, known)),
                   known.empty() ? "write its file first, for example tasks/WP01-first.md"
                                 : "existing work packages: " + joined(known) +
                                       "; see: " + command("agent tasks status")};
  return load_file(wp, own.front());
}

result<package_reading> feature::read_all() const {
  const auto found = package_files();
  if (!found)
    return found.error();
  package_reading reading;
  if (meta_problem_)
    reading.problems.push_back(*meta_problem_);
  std::map<std::string, std::vector<fs::path>> paths;
  for (const auto& [id, path] : *found) {
    if (const auto kind = repo_.files().kind_of(path); kind && *kind == entry_kind::link)
      return input_failure(is_a_link(path));
    paths[id].push_back(path);
  }
  for (const auto& [id, own] : paths) {
    auto loaded =
        own.size() > 1 ? result<work_package>(two_files(id, own)) : load_file(id, own.front());
    if (loaded)
      reading.packages.push_back(std::move(*loaded));
    else
      reading.problems.push_back(loaded.error());
  }
  return reading;
}

result<std::vector<work_package>> feature::load_all() const {
  auto reading = read_all();
  if (!reading)
    return reading.error();
  if (reading->problems.empty())
    return std::move(reading->packages);
  failure all = reading->problems.front();
  for (std::size_t at = 1; at < reading->problems.size() && at < max_named_problems; ++at)
    all.message += "; " + reading->problems[at].message;
  if (reading->problems.size() > max_named_problems)
    all.message +=
        "; and " + std::to_string(reading->problems.size() - max_named_problems) + " more files";
  return all;
}

result<std::string> feature::tasks_text() const {
  auto text = repo_.files().read(tasks_path(), max_feature_file_bytes);
  if (!text)
    return input_failure(text.error());
  if (!*text)
    return failure{ec::not_found, "missing file: " + tasks_path().string(),
                   "write it, with a section `## Work Package WP01: …` per work package, then run "
                   "the command again"};
  if (!is_utf8(**text))
    return failure{ec::bad_input, tasks_path().string() + " is not UTF-8",
                   "convert it to UTF-8, then run the command again"};
  return std::move(**text);
}

dependency_graph graph_of(const std::vector<work_package>& packages) {
  dependency_graph graph;
  for (const auto& package : packages)
    graph[package.id] = package.dependencies();
  return graph;
}

} // namespace spec_kitty::workflow
