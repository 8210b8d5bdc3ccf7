#include "util/rooted_files.hpp"

#include "util/file_bytes.hpp"
#include "util/inner_path.hpp"
#include "util/json.hpp"
#include "util/rooted_resolve.hpp"
#include "util/text.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

namespace spec_kitty {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t max_entries = 100'000;

/// The longest part of a path that leads over folders alone, and a name: it is what is in the way.
fs::path obstacle_of(const fs::path& root, const std::vector<std::string>& parts) {
  fs::path at = root;
  for (const auto& part : parts) {
    at /= part;
    struct stat found {};
    if (::lstat(at.c_str(), &found) != 0 || !S_ISDIR(found.st_mode))
      break;
  }
  return at;
}

failure cannot_open(const fs::path& root, const std::vector<std::string>& parts, int error) {
  const fs::path obstacle = obstacle_of(root, parts);
  if (error == ELOOP)
    return is_a_link(obstacle);
  if (error == ENOTDIR)
    return {ec::bad_input, obstacle.string() + " is not a folder",
            "a folder belongs in its place; move it away: mv " + shell_word(obstacle.string()) +
                " " + shell_word(obstacle.string() + ".old")};
  return system_failure(error, "cannot open " + obstacle.string());
}

int fsync_open_folder(int parent) {
  const unique_fd folder(::openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return folder && ::fsync(folder.get()) == 0 ? 0 : errno;
}

entry_kind kind_at(int parent, const char* name) {
  struct stat found {};
  if (::fstatat(parent, name, &found, AT_SYMLINK_NOFOLLOW) != 0)
    return errno == ENOENT ? entry_kind::missing : entry_kind::other;
  return S_ISREG(found.st_mode)   ? entry_kind::file
         : S_ISDIR(found.st_mode) ? entry_kind::folder
         : S_ISLNK(found.st_mode) ? entry_kind::link
                                  : entry_kind::other;
}

failure cannot_write(const fs::path& file, int error) {
  return system_failure(error, "cannot write " + file.string());
}

} // namespace

failure is_a_link(const fs::path& link) {
  return {ec::bad_input, link.string() + " is a symbolic link, which is not followed here",
          "remove the link: rm " + shell_word(link.string())};
}

result<std::vector<std::string>> rooted_files::parts_of(const fs::path& path) const {
  if (path.is_relative())
    return inner_path(path.native());
  const std::string& all = path.native();
  const std::string from = root_ == root_.root_path() ? root_.native() : root_.native() + "/";
  return inner_path(all.starts_with(from) ? std::string_view(all).substr(from.size())
                                          : std::string_view(all));
}

result<unique_fd> rooted_files::open_parts(const std::vector<std::string>& parts) const {
  const unique_fd root(::open(root_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root)
    return errno == ENOENT ? result<unique_fd>(unique_fd{}) : cannot_open(root_, {}, errno);
  auto folder = open_folder_below(root.get(), parts);
  if (!folder && errno != ENOENT)
    return cannot_open(root_, parts, errno);
  return folder;
}

result<rooted_files::place> rooted_files::place_of(const fs::path& path) const {
  auto parts = parts_of(path);
  if (!parts)
    return parts.error();
  std::string name = std::move(parts->back());
  parts->pop_back();
  auto parent = open_parts(*parts);
  if (!parent)
    return parent.error();
  return place{std::move(*parent), std::move(name)};
}

result<rooted_files::place> rooted_files::place_for(const fs::path& path) const {
  auto found = place_of(path);
  if (found && !found->parent)
    return cannot_write(path, ENOENT);
  return found;
}

result<unique_fd> rooted_files::open_at(const place& at, const fs::path& file, int flags,
                                        unsigned mode) const {
  unique_fd fd(::openat(at.parent.get(), at.name.c_str(),
                        flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, mode));
  if (!fd) {
    if ((flags & O_CREAT) == 0 && errno == ENOENT)
      return unique_fd{};
    if (errno == ELOOP)
      return is_a_link(file);
    if (errno != ENXIO && errno != EISDIR) // a FIFO or a socket; a folder
      return system_failure(errno, "cannot open " + file.string());
    return input_failure(file_detail::not_regular(file));
  }
  struct stat found {};
  if (::fstat(fd.get(), &found) != 0)
    return system_failure(errno, "cannot open " + file.string());
  if (!S_ISREG(found.st_mode))
    return input_failure(file_detail::not_regular(file));
  return fd;
}

result<unique_fd> rooted_files::open(const fs::path& file, int flags, unsigned mode) const {
  const auto at = (flags & O_CREAT) != 0 ? place_for(file) : place_of(file);
  if (!at)
    return at.error();
  if (!at->parent)
    return unique_fd{};
  auto fd = open_at(*at, file, flags, mode);
  struct stat found {};
  if (fd && *fd && (flags & O_ACCMODE) != O_RDONLY && ::fstat(fd->get(), &found) == 0 &&
      found.st_nlink > 1)
    return failure{ec::bad_input,
                   file.string() + " has a second name (hard link), so it is not written to",
                   "remove this one: rm " + shell_word(file.string())};
  return fd;
}

result<unique_fd> rooted_files::open_folder(const fs::path& folder) const {
  if (folder == root_)
    return open_parts({});
  const auto parts = parts_of(folder);
  return parts ? open_parts(*parts) : parts.error();
}

result<entry_kind> rooted_files::kind_of(const fs::path& path) const {
  const auto at = place_of(path);
  if (!at)
    return at.error();
  return at->parent ? kind_at(at->parent.get(), at->name.c_str()) : entry_kind::missing;
}

result<std::optional<std::string>> rooted_files::read(const fs::path& file,
                                                      std::size_t limit) const {
  return file_detail::read_opened(open(file, O_RDONLY), file, limit);
}

result<std::optional<unsigned>> rooted_files::mode_of(const fs::path& file) const {
  const auto at = place_of(file);
  if (!at)
    return at.error();
  struct stat found {};
  if (!at->parent ||
      ::fstatat(at->parent.get(), at->name.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0)
    return std::optional<unsigned>{};
  return std::optional<unsigned>(found.st_mode & 07777U);
}

result<std::vector<folder_entry>> rooted_files::list(const fs::path& folder) const {
  const auto opened = open_folder(folder);
  if (!opened)
    return opened.error();
  std::vector<folder_entry> entries;
  if (!*opened)
    return entries;
  const int fd = ::openat(opened->get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const auto close = [](DIR* stream) { ::closedir(stream); };
  const std::unique_ptr<DIR, decltype(close)> stream(fd < 0 ? nullptr : ::fdopendir(fd), close);
  if (!stream)
    return system_failure(errno, "cannot read " + folder.string());
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..")
      continue;
    if (entries.size() == max_entries)
      return failure{ec::bad_input,
                     folder.string() + " holds more than " + std::to_string(max_entries) + " files",
                     "move the rest away"};
    entries.push_back({name, kind_at(fd, name.c_str())});
  }
  std::sort(entries.begin(), entries.end(),
            [](const auto& left, const auto& right) { return left.name < right.name; });
  return entries;
}

result<void> rooted_files::replace(const fs::path& file, std::string_view bytes,
                                   new_mode mode) const {
  const auto at = place_for(file);
  if (!at)
    return at.error();
  const int parent = at->parent.get();
  const std::string fresh = file_detail::unfinished_name(at->name);
  ::unlinkat(parent, fresh.c_str(), 0); // left by a process of this number, or put there
  const unique_fd fd(
      ::openat(parent, fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode.bits & 0777U));
  if (!fd)
    return cannot_write(file, errno);
  int error = file_detail::write_all(fd.get(), bytes);
  if (mode.exact) // a file system may have no permissions
    (void)::fchmod(fd.get(), mode.bits);
  if (error == 0 && ::fsync(fd.get()) != 0)
    error = errno;
  if (error == 0 && ::renameat(parent, fresh.c_str(), parent, at->name.c_str()) != 0)
    error = errno;
  if (error == 0)
    error = fsync_open_folder(parent);
  if (error == 0)
    return {};
  ::unlinkat(parent, fresh.c_str(), 0);
  return cannot_write(file, error);
}

result<void> rooted_files::make_folders(const fs::path& folder, new_mode mode) const {
  if (folder == root_)
    return {};
  const auto parts = parts_of(folder);
  if (!parts)
    return parts.error();
  fs::path made = root_;
  for (const auto& part : *parts) {
    made /= part;
    const auto at = place_for(made);
    if (!at)
      return at.error();
    const int parent = at->parent.get();
    const bool fresh = ::mkdirat(parent, part.c_str(), mode.bits & 0777U) == 0;
    int error = fresh || errno == EEXIST ? 0 : errno;
    if (fresh && mode.exact)
      (void)!::fchmodat(parent, part.c_str(), mode.bits, 0);
    if (fresh && error == 0)
      error = fsync_open_folder(parent);
    if (error != 0)
      return system_failure(error, "cannot create the folder " + made.string());
  }
  const auto there = open_parts(*parts); // also names what is not a folder
  return there ? result<void>{} : there.error();
}

result<void> rooted_files::remove(const fs::path& file) const {
  const auto at = place_of(file);
  if (!at)
    return at.error();
  if (!at->parent || ::unlinkat(at->parent.get(), at->name.c_str(), 0) == 0 || errno == ENOENT)
    return {};
  return system_failure(errno, "cannot remove " + file.string());
}

void rooted_files::remove_empty_folder(const fs::path& folder) const {
  if (const auto at = place_of(folder); at && at->parent)
    ::unlinkat(at->parent.get(), at->name.c_str(), AT_REMOVEDIR);
}

void rooted_files::remove_unfinished(const fs::path& file) const {
  const auto beside = list(file.parent_path());
  const auto at = place_of(file);
  if (!beside || !at || !at->parent)
    return;
  for (const auto& entry : *beside)
    if (file_detail::is_unfinished_name(entry.name, at->name))
      ::unlinkat(at->parent.get(), entry.name.c_str(), 0);
}

result<void> rooted_files::rename(const fs::path& from, const std::string& name) const {
  const auto at = place_for(from);
  if (!at)
    return at.error();
  if (!is_file_name(name))
    return failure{ec::bad_input, "not a name of a file: " + excerpt(name), {}};
  const int parent = at->parent.get();
  if (::renameat(parent, at->name.c_str(), parent, name.c_str()) == 0)
    return {};
  return system_failure(errno, "cannot rename " + from.string());
}

bool rooted_files::link(const fs::path& file, const rooted_files& other,
                        const fs::path& second) const {
  const auto from = place_of(file);
  const auto to = other.place_of(second);
  return from && to && from->parent && to->parent &&
         kind_at(from->parent.get(), from->name.c_str()) == entry_kind::file &&
         ::linkat(from->parent.get(), from->name.c_str(), to->parent.get(), to->name.c_str(), 0) ==
             0;
}

result<std::optional<file_lock>>
rooted_files::lock(const fs::path& file, std::chrono::milliseconds patience, unsigned mode) const {
  const auto at = place_for(file);
  if (!at)
    return at.error();
  auto fd = open_at(*at, file, O_RDWR | O_CREAT, 0600);
  return fd ? file_lock::take_open(std::move(*fd), file, patience, mode) : fd.error();
}

} // namespace spec_kitty
