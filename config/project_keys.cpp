#include "config/project_keys.hpp"

#include "config/git_files.hpp"
#include "util/fsync.hpp"
#include "util/random.hpp"
#include "util/rooted_files.hpp"

#include <fcntl.h>
#include <sha256.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace spec_kitty {

namespace fs = std::filesystem;

namespace {

constexpr const char* id_file = "spec-kitty.project";

std::string digest_of(const std::string& text) {
  std::array<char, SHA256_DIGEST_STRING_LENGTH> hex{};
  SHA256Data(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(), hex.data());
  return "git:" + std::string(hex.data(), 32);
}

std::string digest_of_path(const fs::path& path) {
  std::error_code error;
  const fs::path real = fs::canonical(path, error);
  return digest_of((error ? path : real).string());
}

/// The folder that stands for the project's repository. A submodule that was cloned into a worktree
/// of its superproject is the same project as the one in the primary checkout.
fs::path identity_folder(const checkout_location& place) {
  if (place.git_dir.empty())
    return place.root;
  const std::string text = place.git_dir.string();
  const auto modules = text.find("/modules/");
  const auto trees = text.rfind("/worktrees/", modules);
  if (modules == std::string::npos || trees == std::string::npos ||
      text.find('/', trees + 11) != modules)
    return place.git_dir;
  const fs::path first = text.substr(0, trees) + text.substr(modules);
  std::error_code error;
  return fs::is_directory(first, error) ? first : place.git_dir;
}

fs::path id_path(const checkout_location& place) {
  return place.git_dir.empty() ? place.root / ".kittify" / id_file
                               : identity_folder(place) / id_file;
}

/// The key that an id file gives; empty: none.
std::string key_in(const fs::path& file, const std::string& subfolder) {
  const std::string id = first_line_of(file);
  if (id.empty())
    return {};
  return digest_of("id\n" + id + "\n" + subfolder);
}

bool write_whole(int fd, const std::string& text) {
  return ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
         ::fsync(fd) == 0;
}

} // namespace

project_keys keys_of(const checkout_location& place) {
  const std::string subfolder = place.subfolder().generic_string();
  const fs::path folder = identity_folder(place);
  project_keys keys;
  const auto add = [&](std::string key) {
    if (!key.empty() &&
        std::find(keys.of_folder.begin(), keys.of_folder.end(), key) == keys.of_folder.end())
      keys.of_folder.push_back(std::move(key));
  };
  add(key_in(id_path(place), subfolder));
  // The keys of versions that knew no id, and of a project that git does not know yet.
  std::error_code error;
  const fs::path entry = place.root / ".git";
  if (!subfolder.empty() || place.git_dir.empty())
    add(digest_of_path(place.root));
  else
    add(digest_of_path(folder));
  if (fs::is_regular_file(entry, error))
    add(digest_of_path(entry));
  if (!place.git_dir.empty() && fs::exists(place.root / ".kittify" / id_file, error))
    add(key_in(place.root / ".kittify" / id_file, {}));
  if (!subfolder.empty()) {
    keys.parent = key_in(id_path(place), {});
    if (keys.parent.empty())
      keys.parent = digest_of_path(folder);
  }
  return keys;
}

void note_project_id(const checkout_location& place) {
  const fs::path file = id_path(place);
  std::error_code error;
  if (fs::exists(file, error) || place.dangling)
    return;
  std::array<std::uint8_t, 16> bytes{};
  fill_random(bytes);
  std::string id;
  for (const auto byte : bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    id += digits[byte >> 4U];
    id += digits[byte & 0x0FU];
  }
  // Linked to its name when it is whole: of two processes that write at once the first wins.
  const rooted_files files(place.git_dir.empty() ? place.top : file.parent_path());
  const fs::path part = file.string() + "." + id;
  const auto fd = files.open(part, O_CREAT | O_EXCL | O_WRONLY, 0644);
  if (!fd)
    return;
  if (const auto mode = git_file_mode(file.parent_path()); mode != 0600)
    (void)::fchmod(fd->get(), mode | 0400U);
  if (write_whole(fd->get(), id + "\n") && files.link(part, files, file))
    (void)fsync_directory(file.parent_path());
  (void)files.remove(part);
}

} // namespace spec_kitty
