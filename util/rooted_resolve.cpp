#include "util/rooted_resolve.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

namespace spec_kitty {

namespace {

constexpr int place_flags = O_PATH | O_DIRECTORY | O_CLOEXEC;

/// In one step; nothing where the system has no such call, or a filter of calls does not let it
/// through.
std::optional<unique_fd> open_at_once(int root, const std::vector<std::string>& parts) {
  std::string path = ".";
  for (const auto& part : parts)
    path += "/" + part;
  open_how how{};
  how.flags = static_cast<std::uint64_t>(place_flags);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  long fd = -1;
  int left = 64;
  do // EAGAIN: something on the way was renamed meanwhile
    fd = ::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how);
  while (fd < 0 && (errno == EINTR || errno == EAGAIN) && --left > 0);
  if (fd < 0 && (errno == ENOSYS || errno == EPERM || errno == EAGAIN))
    return std::nullopt;
  return unique_fd(static_cast<int>(fd));
}

/// Component by component. O_PATH with O_NOFOLLOW opens a link itself, which O_DIRECTORY refuses.
unique_fd open_in_steps(int root, const std::vector<std::string>& parts) {
  unique_fd at(::openat(root, ".", place_flags));
  for (const auto& part : parts) {
    if (!at)
      return at;
    unique_fd next(::openat(at.get(), part.c_str(), place_flags | O_NOFOLLOW));
    struct stat found {};
    if (!next && errno == ENOTDIR)
      errno = ::fstatat(at.get(), part.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0 &&
                      S_ISLNK(found.st_mode)
                  ? ELOOP
                  : ENOTDIR;
    const int error = errno; // closing what is above may change it
    at = std::move(next);
    errno = error;
  }
  return at;
}

} // namespace

unique_fd open_folder_below(int root, const std::vector<std::string>& parts) {
  auto at_once = open_at_once(root, parts);
  return at_once ? std::move(*at_once) : open_in_steps(root, parts);
}

} // namespace spec_kitty
