#include "app/chaos/small_disk.hpp"

#include "util/files.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace spec_kitty::chaos {

namespace fs = std::filesystem;

namespace {

std::string enter_namespace() {
  if (::geteuid() != 0)
    return "only root may mount";
  if (::unshare(CLONE_NEWNS) != 0 ||
      ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    return std::string("no mount namespace here: ") + std::strerror(errno);
  return {};
}

} // namespace

std::string small_disk::why_not() {
  static const std::string why = enter_namespace();
  return why;
}

small_disk::small_disk(fs::path folder, const std::string& options) : folder_(std::move(folder)) {
  fs::create_directories(folder_);
  if (!why_not().empty() ||
      ::mount("none", folder_.c_str(), "tmpfs", 0, ("mode=0700," + options).c_str()) != 0)
    throw std::runtime_error("no tmpfs can be mounted at " + folder_.string());
}

small_disk::~small_disk() {
  ::umount2(folder_.c_str(), MNT_DETACH);
}

bool small_disk::fill() {
  static constexpr std::array<char, 4096> page{};
  const fs::path ballast = folder_ / "ballast";
  const unique_fd fd(::open(ballast.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!fd)
    return errno == ENOSPC;
  if (taken_.empty())
    taken_.push_back(ballast);
  while (::write(fd.get(), page.data(), page.size()) > 0) {
  }
  return errno == ENOSPC;
}

bool small_disk::fill_inodes() {
  for (;;) {
    const fs::path next = folder_ / ("inode-" + std::to_string(taken_.size()));
    const unique_fd fd(::open(next.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    if (!fd)
      return errno == ENOSPC;
    taken_.push_back(next);
  }
}

void small_disk::free() {
  for (const auto& file : taken_)
    ::unlink(file.c_str());
  taken_.clear();
}

bool small_disk::make_read_only(bool read_only) {
  const unsigned long how = read_only ? MS_REMOUNT | MS_RDONLY : MS_REMOUNT;
  return ::mount("none", folder_.c_str(), nullptr, how, nullptr) == 0;
}

} // namespace spec_kitty::chaos
