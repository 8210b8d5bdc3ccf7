#include "app/workflow/intents/intent_files.hpp"

#include "messages/event.hpp"
#include "util/files.hpp"
#include "util/fsync.hpp"

#include <sys/stat.h>
#include <unistd.h>

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

/// What is wrong with the git directory is not the home's fault.
failure in_git_dir(const failure& why) {
  return {ec::work_failed, why.message, "check the permissions and the free space there"};
}

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
  auto inside = file.lexically_relative(repo.checkout);
  if (std::error_code error; inside.empty() || *inside.begin() == "..") // reached by a link
    inside = file.lexically_relative(fs::canonical(repo.checkout, error));
  return inside.string();
}

intent_folder::intent_folder(const repository& repo)
    : git_dir_(repo.git_dir), folder_(repo.git_dir / "spec-kitty" / "intents") {}

std::vector<std::string> intent_folder::names() const {
  std::vector<std::string> all;
  std::error_code error;
  for (fs::directory_iterator at(folder_, error), end; !error && at != end; at.increment(error))
    all.push_back(at->path().filename().string());
  std::sort(all.begin(), all.end());
  return all;
}

bool intent_folder::is_empty() const {
  std::error_code error;
  const fs::directory_iterator first(folder_, error);
  return error || first == fs::directory_iterator();
}

std::vector<found_intent> intent_folder::list() const {
  std::vector<found_intent> all;
  for (const auto& name : names()) {
    if (!names_intent(name, intent_suffix))
      continue;
    found_intent found{name.substr(0, ulid_characters)};
    const auto text = read_file(folder_ / name, max_intent_bytes);
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
  const unsigned mode = shared_mode_of(git_dir_);
  for (const auto& folder : {folder_.parent_path(), folder_}) {
    if (::mkdir(folder.c_str(), 0777) == 0)
      ::chmod(folder.c_str(), mode);
    else if (errno != EEXIST)
      return in_git_dir(system_failure(errno, "cannot create the folder " + folder.string()));
    else
      continue;
    if (const int error = fsync_directory(folder.parent_path()); error != 0)
      return in_git_dir(system_failure(error, "cannot create the folder " + folder.string()));
  }
  return {};
}

result<void> intent_folder::keep_copy(const fs::path& file, const std::string& bytes,
                                      const fs::path& copy) const {
  if (auto made = create(); !made)
    return made;
  if (::link(file.c_str(), copy.c_str()) == 0) {
    const auto kept = read_file(copy, max_copied_bytes);
    if (kept && *kept && **kept == bytes)
      return {};
    ::unlink(copy.c_str());
    return failure{ec::work_failed, file.string() + " was changed by another program meanwhile",
                   "run the command again"};
  }
  auto written = replace_file(copy, bytes, shared_mode_of(git_dir_) & 0666U);
  return written ? written : in_git_dir(written.error());
}

result<void> intent_folder::write(const intent& record) const {
  if (auto made = create(); !made)
    return made;
  const auto file = file_of(record.id);
  const unsigned mode = shared_mode_of(git_dir_) & 0666U;
  if (auto written = replace_file(file, encode(record), mode); !written)
    return in_git_dir(written.error());
  ::chmod(file.c_str(), mode); // whatever the umask
  return {};
}

void intent_folder::remove(const std::string& id) const {
  ::unlink(file_of(id).c_str());
  for (const auto& name : names())
    if (name.starts_with(id + ".") && !name.ends_with(damaged_suffix))
      ::unlink((folder_ / name).c_str());
}

void intent_folder::set_aside(const std::string& id) const {
  ::rename(file_of(id).c_str(), (folder_ / (id + std::string(damaged_suffix))).c_str());
}

std::uint64_t intent_folder::dropped() const {
  const auto text = read_file(folder_ / dropped_name, 32);
  std::uint64_t events = 0;
  if (text && *text)
    (void)std::from_chars((*text)->data(), (*text)->data() + (*text)->size(), events);
  return events;
}

void intent_folder::add_dropped(std::uint64_t events) const {
  (void)replace_file(folder_ / dropped_name, std::to_string(dropped() + events) + "\n",
                     shared_mode_of(git_dir_) & 0666U);
}

void intent_folder::forget_dropped() const {
  ::unlink((folder_ / dropped_name).c_str());
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
      ::unlink((folder_ / name).c_str());
  }
}

} // namespace spec_kitty::workflow
