#include "app/workflow/feature.hpp"

#include "app/workflow/dependency_line.hpp"
#include "app/workflow/event_lanes.hpp"
#include "app/workflow/lanes.hpp"
#include "app/workflow/text_lines.hpp"
#include "config/checkout.hpp"
#include "config/git_files.hpp"
#include "messages/event.hpp"
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
constexpr std::size_t max_package_bytes = std::size_t{4} << 20; ///< with its activity log

/// The work package id at the beginning of a file name; empty for other names.
std::string id_of_name(const std::string& name) {
  const bool longer = name.size() > 4 && std::isalnum(static_cast<unsigned char>(name[4])) != 0;
  return name.ends_with(".md") && !longer && is_work_package_id(name.substr(0, 4))
             ? name.substr(0, 4)
             : std::string();
}

/// The features; `links` gets the names that are symbolic links.
result<std::vector<std::string>> all_slugs(const repository& repo, const fs::path& specs,
                                           std::vector<std::string>& links) {
  const auto entries = repo.files().list(specs);
  if (!entries)
    return entries.error();
  std::vector<std::string> slugs;
  for (const auto& entry : *entries)
    if (entry.name[0] != '.' && entry.kind == entry_kind::folder)
      slugs.push_back(entry.name);
    else if (entry.kind == entry_kind::link)
      links.push_back(entry.name);
  return slugs;
}

/// `028-login-WP03` as `028-login`.
std::string without_wp(const std::string& name) {
  return name.size() > 5 && name[name.size() - 5] == '-' &&
                 is_work_package_id(name.substr(name.size() - 4))
             ? name.substr(0, name.size() - 5)
             : name;
}

/// The candidates in branch and folder names, the nearest folder first.
std::vector<std::string> hints(const fs::path& here) {
  std::vector<std::string> names = {git(here).current_branch()};
  for (auto at = here; at.has_relative_path(); at = at.parent_path())
    names.push_back(at.filename().string());
  for (auto& name : names)
    name = without_wp(name);
  return names;
}

/// True where a sparse checkout may leave kitty-specs out.
bool is_sparse(const repository& repo) {
  return lower_case(core_value(repo.git_dir / "config", "sparsecheckout")) == "true" ||
         lower_case(core_value(repo.git_dir / "config.worktree", "sparsecheckout")) == "true";
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
    return failure{ec::bad_input, current.string() + " is not inside a git repository",
                   "change to your repository, or create one: git init"};
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

result<feature> feature::find(const repository& repo, const std::optional<std::string>& named) {
  const fs::path specs = repo.checkout / "kitty-specs";
  std::vector<std::string> links;
  const auto listed = all_slugs(repo, specs, links);
  if (!listed)
    return input_failure(listed.error());
  const auto& slugs = *listed;
  if (const auto there = repo.files().kind_of(specs);
      slugs.empty() && there && *there == entry_kind::missing && is_sparse(repo))
    return failure{ec::not_found, "this sparse checkout does not include " + specs.string(),
                   "include it: git -C " + shell_word(repo.checkout.string()) +
                       " sparse-checkout add kitty-specs"};
  const auto is_known = [&](const std::string& slug) {
    return std::find(slugs.begin(), slugs.end(), slug) != slugs.end();
  };
  const char* variable = std::getenv("SPECIFY_FEATURE");
  std::string chosen = named ? *named : variable != nullptr ? variable : "";
  if (std::find(links.begin(), links.end(), chosen) != links.end())
    return is_a_link(specs / chosen);
  if (!chosen.empty() && !is_known(chosen))
    return failure{ec::not_found, "no feature " + chosen + " in " + specs.string(),
                   slugs.empty()
                       ? "create the folder kitty-specs/" + chosen + " with tasks.md first"
                       : "give one of them with --feature: " + joined(slugs)};
  if (chosen.empty() && slugs.size() != 1) {
    std::error_code error;
    for (const auto& name : hints(fs::current_path(error)))
      if (chosen.empty() && is_known(name))
        chosen = name;
  }
  if (chosen.empty() && slugs.empty())
    return failure{ec::not_found, "no feature in " + specs.string(),
                   "create a folder such as kitty-specs/001-my-feature with tasks.md and tasks/"};
  if (chosen.empty() && slugs.size() > 1)
    return failure{ec::bad_input, "more than one feature exists: " + joined(slugs),
                   "give one with --feature, for example: " +
                       shell_option("--feature", slugs.back())};
  feature found(repo, chosen.empty() ? slugs.front() : chosen);
  if (auto read = found.read_meta(); !read)
    return read.error();
  auto states = read_event_states(repo, found.folder_);
  if (!states)
    return states.error();
  found.event_states_ = std::move(*states);
  return found;
}

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
  number_ = text_of(*meta, "feature_number").value_or("");
  target_ = text_of(*meta, "target_branch").value_or("");
  return {};
}

std::string feature::number() const {
  const auto digits = std::min(slug_.find_first_not_of("0123456789"), slug_.size());
  return digits == 3 ? slug_.substr(0, 3) : number_;
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
  for (std::size_t at = 1; at < found.size(); ++at)
    if (found[at].first == found[at - 1].first)
      return failure{ec::bad_input,
                     found[at].first +
                         " has two files: " + found[at - 1].second.filename().string() + " and " +
                         found[at].second.filename().string() + " in " +
                         (folder_ / "tasks").string(),
                     "keep one of them; put the other away, such as: mv " +
                         shell_word(found[at].second.string()) + " " +
                         shell_word(found[at].second.string() + ".old")};
  return found;
}

result<std::vector<std::string>> feature::ids() const {
  const auto found = package_files();
  if (!found)
    return found.error();
  std::vector<std::string> ids;
  for (const auto& [id, path] : *found)
    ids.push_back(id);
  return ids;
}

result<work_package> feature::load(const std::string& wp) const {
  const auto found = package_files();
  if (!found)
    return found.error();
  const auto place = std::find_if(found->begin(), found->end(),
                                  [&](const auto& candidate) { return candidate.first == wp; });
  if (place == found->end()) {
    std::vector<std::string> known;
    for (const auto& [id, path] : *found)
      known.push_back(id);
    return failure{ec::not_found,
                   "no work package " + excerpt(wp) + " in " + (folder_ / "tasks").string(),
                   known.empty() ? "write its file first, for example tasks/WP01-first.md"
                                 : "existing work packages: " + joined(known) +
                                       "; see: " + command("agent tasks status")};
  }
  auto text = repo_.files().read(place->second, max_package_bytes);
  if (!text || !*text)
    return failure{ec::bad_input,
                   text ? "cannot read " + place->second.string() : text.error().message,
                   text ? "check the file and its permissions" : input_failure(text.error()).hint};
  auto file = frontmatter_file::parse(std::move(**text), place->second.string());
  if (!file)
    return file.error();
  work_package package{wp, place->second, std::move(*file)};
  if (event_states_) {
    const auto state = event_states_->find(wp);
    package.event_state = state == event_states_->end() ? "planned" : state->second;
  }
  if (!is_lane(package.lane()))
    return failure{ec::bad_input,
                   place->second.string() + ": lane " + excerpt(package.lane()) + " is not a lane",
                   "set lane to planned, doing, for_review or done in that file"};
  return package;
}

result<std::vector<work_package>> feature::load_all() const {
  const auto known = ids();
  if (!known)
    return known.error();
  std::vector<work_package> all;
  for (const auto& id : *known) {
    auto loaded = load(id);
    if (!loaded)
      return loaded.error();
    all.push_back(std::move(*loaded));
  }
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
