#include "app/chaos/simulation/os_calls.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cstdarg>
#include <string_view>
#include <utility>

namespace spec_kitty::chaos::simulation {

namespace {

thread_local os_plan* plan = nullptr;

/// Whether this write or sync is one that fails.
bool fails() {
  if (plan == nullptr || plan->fails_then == 0)
    return false;
  if (plan->works_first > 0) {
    --plan->works_first;
    return false;
  }
  --plan->fails_then;
  ++plan->failed;
  return true;
}

/// How much of a failing write is done all the same.
std::size_t part_of(std::size_t size) {
  switch (plan->how) {
  case failing_write::nothing:
    return 0;
  case failing_write::half:
    return size / 2;
  case failing_write::all:
    break;
  }
  return size;
}

template <class Result>
Result refuse() {
  errno = plan->error;
  return -1;
}

int sync(long number, int fd) {
  if (fails())
    return refuse<int>();
  return plan != nullptr ? 0 : static_cast<int>(::syscall(number, fd));
}

/// What a file of /proc says that is open on this thread: there is one at a time.
constexpr int proc_fd = 0x7fff0000;
thread_local std::string proc_text;

int open_of_proc(std::string_view path) {
  if (path.ends_with("/boot_id"))
    proc_text = plan->boot_id;
  else if (path == "/proc/" + std::to_string(plan->pid) + "/stat") // field 22: when it started
    proc_text =
        std::to_string(plan->pid) + " (simulated) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 7 0";
  else
    return errno = ENOENT, -1;
  return proc_fd;
}

bool is_of_the_store(std::string_view path) {
  return path.ends_with("/data.mdb") || path.ends_with("/lock.mdb");
}

} // namespace

os_plan_scope::os_plan_scope(os_plan* fresh) : before_(std::exchange(plan, fresh)) {}

os_plan_scope::~os_plan_scope() {
  plan = before_;
}

extern "C" {

ssize_t write(int fd, const void* bytes, size_t size) {
  if (!fails())
    return ::syscall(SYS_write, fd, bytes, size);
  if (const std::size_t part = part_of(size); part > 0)
    ::syscall(SYS_write, fd, bytes, part);
  return refuse<ssize_t>();
}

ssize_t pwrite(int fd, const void* bytes, size_t size, off_t at) {
  if (!fails())
    return ::syscall(SYS_pwrite64, fd, bytes, size, at);
  if (const std::size_t part = part_of(size); part > 0)
    ::syscall(SYS_pwrite64, fd, bytes, part, at);
  return refuse<ssize_t>();
}

ssize_t writev(int fd, const struct iovec* parts, int count) {
  if (!fails())
    return ::syscall(SYS_writev, fd, parts, count);
  if (const std::size_t part = part_of(static_cast<std::size_t>(count)); part > 0)
    ::syscall(SYS_writev, fd, parts, static_cast<int>(part));
  return refuse<ssize_t>();
}

int fsync(int fd) {
  return sync(SYS_fsync, fd);
}

int fdatasync(int fd) {
  return sync(SYS_fdatasync, fd);
}

int open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  if (plan == nullptr)
    return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, mode));
  const std::string_view asked(path);
  if (!plan->opens_store && is_of_the_store(asked)) {
    ++plan->failed;
    return refuse<int>();
  }
  if (asked.starts_with("/proc/"))
    return open_of_proc(asked);
  return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}

ssize_t read(int fd, void* bytes, size_t size) {
  if (fd != proc_fd)
    return ::syscall(SYS_read, fd, bytes, size);
  const std::size_t part = std::min(size, proc_text.size());
  std::copy_n(proc_text.begin(), part, static_cast<char*>(bytes));
  proc_text.erase(0, part);
  return static_cast<ssize_t>(part);
}

int close(int fd) {
  return fd == proc_fd ? 0 : static_cast<int>(::syscall(SYS_close, fd));
}

pid_t getpid() noexcept {
  return plan != nullptr ? plan->pid : static_cast<pid_t>(::syscall(SYS_getpid));
}

ssize_t getrandom(void* bytes, size_t size, unsigned flags) {
  if (plan == nullptr)
    return ::syscall(SYS_getrandom, bytes, size, flags);
  auto* at = static_cast<unsigned char*>(bytes);
  for (std::size_t i = 0; i < size; ++i)
    at[i] = static_cast<unsigned char>(plan->chance.next());
  return static_cast<ssize_t>(size);
}

} // extern "C"

} // namespace spec_kitty::chaos::simulation
