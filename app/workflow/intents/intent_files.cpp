#include "app/workflow/intents/intent_files.hpp"

#include "app/workflow/repo_edit.hpp"
#include "messages/event.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>

namespace spec_kitty::workflow {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view intent_suffix = ".json";
constexpr std::string_view damaged_suffix = ".damaged";
constexpr const char* dropped_name = "dropped";
constexpr std::size_t ulid_characters = 26;
constexpr std::size_t max_copied_bytes = std::size_t{16} << 20;

bool names_intent(const std::string& name, std::string_view suffix) {
  return name.size() == ulid_characters + suffix.size() && name.ends_with(suffix) &&
         is_ulid(name.substr(0, ulid_characters));
}

} // namespace

unsigned shared_mode_of(const fs::path& git_dir) {
  struct stat found {};
  if (::stat(git_dir.c_str(), &found) != 0)
    return 0755;
  return found.st_mode & 07777U;
}

std::string path_in_checkout(const repository& repo, const fs::path& file) {
  return file.lexically_relative(repo.checkout).string();
}

rooted_files files_of(const repository& repo, const intent& record) {
  const auto inside = fs::path(record.checkout).lexically_relative(repo.top);
  const bool ours = !inside.empty() && *inside.begin() != "..";
  return ours ? repo.files() : rooted_files(record.checkout);
}

intent_folder::intent_folder(const repository& repo)
    : git_files_(repo.git_files()), checkout_files_(repo.files()),
      folder_(repo.git_dir / "spec-kitty" / "intents") {}

std::vector<std::string> intent_folder::names() const {
  std::vector<std::string> all;
  if (const auto entries = git_files_.list(folder_))
    for (const auto& entry : *entries)
      all.push_back(entry.name);
  return all;
}

bool intent_folder::is_empty() const {
  return names().empty();
}

std::vector<found_intent> intent_folder::list() const {
  std::vector<found_intent> all;
  for (const auto& name : names()) {
    if (!names_intent(name, intent_suffix))
      continue;
    found_intent found{name.substr(0, ulid_characters)};
    const auto text = git_files_.read(folder_ / name, max_intent_bytes);
    if (!text)
      found.record = text.error();
    else if (*text)
      found.record = decode_intent(**text);
    else
      continue; // removed meanwhile
    if (found.record && found.record->id != found.id)
      found.record = failure{ec::bad_input, "not an intent: its id is not its name", {}};
    all.push_back(std::move(found));
  }
  return all;
}

std::vector<std::string> intent_folder::damaged() const {
  std::vector<std::string> ids;
  for (const auto& name : names())
    if (names_intent(name, damaged_suffix))
      ids.push_back(name.substr(0, ulid_characters));
  return ids;
}

result<void> intent_folder::create() const {
  const auto made = git_files_.make_folders(folder_, {shared_mode_of(git_files_.root()), true});
  return made ? made : in_repository(made.error());
}

result<void> intent_folder::keep_copy(const fs::path& file, const std::string& bytes,
                                      const fs::path& copy) const {
  if (auto made = create(); !made)
    return made;
  if (checkout_files_.link(file, git_files_, copy)) {
    const auto kept = git_files_.read(copy, max_copied_bytes);
    if (kept && *kept && **kept == bytes)
      return {};
    (void)git_files_.remove(copy);
    return failure{ec::work_failed, file.string() + " was changed by another program meanwhile",
                   "run the command again"};
  }
  auto written =
      git_files_.replace(copy, bytes, {shared_mode_of(git_files_.root()) & 0666U, false});
  return written ? written : in_repository(written.error());
}

result<std::optional<std::string>> intent_folder::copied(const std::string& id,
                                                         std::size_t file) const {
  return git_files_.read(copy_of(id, file), max_copied_bytes);
}

result<void> intent_folder::write(const intent& record) const {
  if (auto made = create(); !made)
    return made;
  const unsigned mode = shared_mode_of(git_files_.root()) & 0666U;
  auto written = git_files_.replace(file_of(record.id), encode(record), {mode, true});
  return written ? written : in_repository(written.error());
}

void intent_folder::remove(const std::string& id) const {
  (void)git_files_.remove(file_of(id));
  for (const auto& name : names())
    if (name.starts_with(id + ".") && !name.ends_with(damaged_suffix))
      (void)git_files_.remove(folder_ / name);
}

void intent_folder::set_aside(const std::string& id) const {
  (void)git_files_.rename(file_of(id), id + std::string(damaged_suffix));
}

std::uint64_t intent_folder::dropped() const {
  const auto text = git_files_.read(folder_ / dropped_name, 32);
  std::uint64_t events = 0;
  if (text && *text)
    (void)std::from_chars((*text)->data(), (*text)->data() + (*text)->size(), events);
  return events;
}

void intent_folder::add_dropped(std::uint64_t events) const {
  (void)git_files_.replace(folder_ / dropped_name, std::to_string(dropped() + events) + "\n",
                           {shared_mode_of(git_files_.root()) & 0666U});
}

void intent_folder::forget_dropped() const {
  (void)git_files_.remove(folder_ / dropped_name);
}

void intent_folder::remove_leftovers() const {
  const auto all = names();
  for (const auto& name : all) {
    const auto id = name.substr(0, ulid_characters);
    if (!is_ulid(id) || names_intent(name, intent_suffix) || names_intent(name, damaged_suffix))
      continue;
    const auto has = [&](std::string_view suffix) {
      return std::binary_search(all.begin(), all.end(), id + std::string(suffix));
    };
    if (name.ends_with(".new") || (!has(intent_suffix) && !has(damaged_suffix)))
      (void)git_files_.remove(folder_ / name);
  }
}

} // namespace spec_kitty::workflow
