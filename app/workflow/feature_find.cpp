// Which feature a command is about: what names it, and what is said where nothing does.
#include "app/workflow/event_lanes.hpp"
#include "app/workflow/feature.hpp"
#include "app/workflow/text_lines.hpp"
#include "config/git_files.hpp"
#include "messages/event.hpp"
#include "util/closest.hpp"
#include "util/files.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <cstdlib>

namespace spec_kitty::workflow {

namespace fs = std::filesystem;

namespace {

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

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// The name behind a feature's number; all of it where it has none.
std::string_view without_number(std::string_view slug) {
  const auto dash = slug.find('-');
  return dash != std::string_view::npos && is_number(slug.substr(0, dash)) ? slug.substr(dash + 1)
                                                                           : slug;
}

/// The names that `typed` is the beginning of, with or without their number; or their number, as a
/// whole and with or without its zeros.
std::vector<std::string> names_that_begin(const std::vector<std::string>& slugs,
                                          const std::string& typed) {
  std::vector<std::string> found;
  for (const auto& slug : slugs) {
    const auto number = std::string_view(slug).substr(0, slug.find('-'));
    const bool meant =
        is_number(typed)
            ? is_number(number) && number.size() < slug.size() &&
                  whole_number<std::uint64_t>(number) == whole_number<std::uint64_t>(typed)
            : slug.starts_with(typed) || without_number(slug).starts_with(typed);
    if (meant)
      found.push_back(slug);
  }
  return found;
}

/// What a mistyped name most likely means.
std::optional<std::string> closest_feature(const std::vector<std::string>& slugs,
                                           const std::string& typed) {
  if (auto whole = closest(typed, slugs))
    return whole;
  std::vector<std::string> names;
  names.reserve(slugs.size());
  for (const auto& slug : slugs)
    names.emplace_back(without_number(slug));
  const auto name = closest(typed, names);
  for (std::size_t i = 0; name && i < slugs.size(); ++i)
    if (names[i] == *name)
      return slugs[i];
  return std::nullopt;
}

failure unknown_feature(const repository& repo, const fs::path& specs, const std::string& name,
                        const std::vector<std::string>& known) {
  const auto folder = "kitty-specs/" + name;
  if (is_sparse(repo))
    return {ec::not_found,
            "no feature " + name + " in " + specs.string() +
                ": this sparse checkout may leave it out",
            "include it: git -C " + shell_word(repo.checkout.string()) + " sparse-checkout add " +
                shell_word(folder)};
  return {ec::not_found,
          "no feature " + name + " in " + specs.string() +
              did_you_mean(closest_feature(known, name)),
          known.empty() ? "create one: spec-kitty feature create my-feature"
                        : "give one of them: " + joined(known)};
}

} // namespace

result<feature> feature::find(const repository& repo, const std::optional<std::string>& named,
                              feature_use use) {
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
  if (!chosen.empty() && !is_known(chosen)) {
    const auto begun = names_that_begin(slugs, chosen);
    if (begun.size() > 1)
      return failure{ec::not_found, chosen + " may mean several features: " + joined(begun),
                     "give one of them: " + joined(begun)};
    if (begun.empty())
      return unknown_feature(repo, specs, chosen, slugs);
    chosen = begun.front();
  }
  if (chosen.empty() && slugs.size() != 1) {
    std::error_code error;
    for (const auto& name : hints(fs::current_path(error)))
      if (chosen.empty() && is_known(name))
        chosen = name;
  }
  if (chosen.empty() && slugs.empty())
    return failure{ec::not_found, "no feature in " + specs.string(),
                   "create one: spec-kitty feature create my-feature"};
  if (chosen.empty() && slugs.size() > 1)
    return failure{ec::bad_input, "more than one feature exists: " + joined(slugs),
                   "give one with --feature, for example: " +
                       shell_option("--feature", slugs.back())};
  feature found(repo, chosen.empty() ? slugs.front() : chosen);
  if (auto read = found.read_meta(); !read && use == feature_use::edit)
    return read.error();
  else if (!read)
    found.meta_problem_ = read.error();
  auto states = read_event_states(repo, found.folder_);
  if (!states)
    return states.error();
  found.event_states_ = std::move(*states);
  return found;
}

} // namespace spec_kitty::workflow
