#include "app/dev_server/state_dir.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace spec_kitty::dev_server {

namespace fs = std::filesystem;

int file_descriptor::release() {
  return std::exchange(number_, -1);
}

file_descriptor& file_descriptor::operator=(file_descriptor&& other) noexcept {
  if (this != &other) {
    if (number_ >= 0)
      ::close(number_);
    number_ = other.release();
  }
  return *this;
}

file_descriptor::~file_descriptor() {
  if (number_ >= 0)
    ::close(number_);
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno != EINTR)
      return false;
    if (wrote > 0)
      bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return true;
}

failure system_failure(const std::string& what, int error, std::string hint) {
  const bool full = error == ENOSPC || error == EDQUOT;
  return {full ? ec::store_full : ec::store_unusable,
          what + ": " + std::generic_category().message(error),
          full ? "free space on that disk, then try again" : std::move(hint)};
}

result<state_dir> state_dir::open(const fs::path& folder) {
  const std::string hint = "choose a folder that you can write to with --state";
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    fs::create_directories(folder, error);
    if (!error)
      fs::permissions(folder, fs::perms::owner_all, error);
    if (error)
      return system_failure("cannot create the state folder " + folder.string(), error.value(),
                            hint);
  }
  const fs::path path = folder / "lock";
  file_descriptor lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock)
    return system_failure("cannot write in the state folder " + folder.string(), errno, hint);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0)
    return failure{ec::store_busy,
                   "another dev-server is using the state folder " + folder.string(),
                   "stop it, or choose another folder with --state"};
  return state_dir(folder, std::move(lock), false);
}

result<state_dir> state_dir::open_temporary() {
  std::error_code error;
  std::string name = (fs::temp_directory_path(error) / "spec-kitty-dev-server-XXXXXX").string();
  if (error || ::mkdtemp(name.data()) == nullptr)
    return system_failure("cannot create a temporary folder", error ? error.value() : errno,
                          "name a folder to keep the state in with --state");
  auto made = open(name);
  if (made)
    made->temporary_ = true;
  return made;
}

state_dir::state_dir(state_dir&& other) noexcept
    : folder_(std::move(other.folder_)), lock_(std::move(other.lock_)),
      temporary_(std::exchange(other.temporary_, false)) {}

state_dir::~state_dir() {
  std::error_code ignored; // a destructor cannot report it
  if (temporary_)
    fs::remove_all(folder_, ignored);
}

result<std::optional<std::string>> state_dir::read(std::string_view name) const {
  const fs::path path = file(name);
  // A FIFO in its place is empty, and is not waited for.
  const file_descriptor in(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!in && errno == ENOENT)
    return std::optional<std::string>{};
  std::string bytes;
  ssize_t got = -1;
  if (in) {
    char block[16 * 1024];
    while ((got = ::read(in.get(), block, sizeof block)) > 0)
      bytes.append(block, static_cast<std::size_t>(got));
  }
  if (got < 0)
    return system_failure("cannot read " + path.string(), errno, "check the file's permissions");
  return std::optional<std::string>(std::move(bytes));
}

result<void> state_dir::replace(std::string_view name, std::string_view bytes) const {
  const fs::path path = file(name);
  const fs::path next = file(std::string(name) + ".new");
  const auto failed = [&path] {
    return system_failure("cannot write " + path.string(), errno, "check the folder's permissions");
  };
  const file_descriptor out(::open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!out || !write_all(out.get(), bytes) || ::fdatasync(out.get()) != 0 ||
      ::rename(next.c_str(), path.c_str()) != 0)
    return failed();
  const file_descriptor folder(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::fsync(folder.get()) != 0)
    return failed();
  return {};
}

} // namespace spec_kitty::dev_server
