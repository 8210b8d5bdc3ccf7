// A preloaded library that writes down what a program asks of its disk, so that the disk can be
// shown as a power loss at any moment would leave it. app/chaos/power makes such images.
//
//   export SPEC_KITTY_POWER_ROOT=$folder SPEC_KITTY_POWER_LOG=$file
//   LD_PRELOAD=./spec_kitty_power_shim.so program
//
//   SPEC_KITTY_POWER_ROOT=<folder>  Changes to files in or below it are recorded. It exists.
//   SPEC_KITTY_POWER_LOG=<file>     Records are appended to it; power_log.h says how they look.
//                                   Not below the root. It exists.
//
// Any number of processes and threads share a log. A change and its record are made under a lock of
// the log, so that the order of records is the order of changes, also where one process reads what
// another has changed. A sync has two records: what was recorded before the first is durable once
// the second is there. What goes to stdout is recorded before it is written: an answer is taken to
// be given a little too early, never too late.
//
// Not seen: stores into a mapping (LMDB's lock file; its data file is only written), system calls
// made by hand, what the C library does inside itself (fopen, fwrite; a file that was made so is
// known from its first write), sendfile, copy_file_range. What cannot be recorded ends the program
// with status 99, so that no image is made of half a log.
#define _GNU_SOURCE
#include "power_shim.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

// Set once before the first operation, then only read.
static struct {
  bool recording;
  char root[PATH_MAX]; // symbolic links followed
  size_t root_size;
  const char* log;
} power;

static pthread_once_t configured = PTHREAD_ONCE_INIT;

_Noreturn void power_misuse(const char* what) {
  char line[256];
  const int size = snprintf(line, sizeof line, "power_shim: %.200s\n", what);
  syscall(SYS_write, 2, line, (size_t)size);
  for (;;)
    syscall(SYS_exit_group, 99);
}

static void configure(void) {
  const char* root = getenv("SPEC_KITTY_POWER_ROOT");
  power.log = getenv("SPEC_KITTY_POWER_LOG");
  power.recording = root != NULL && root[0] != '\0';
  if (!power.recording)
    return;
  if (realpath(root, power.root) == NULL || strcmp(power.root, "/") == 0)
    power_misuse("SPEC_KITTY_POWER_ROOT is not a folder");
  if (power.log == NULL || power.log[0] != '/')
    power_misuse("SPEC_KITTY_POWER_LOG is not an absolute path");
  power.root_size = strlen(power.root);
}

static bool recording(void) {
  pthread_once(&configured, configure);
  return power.recording;
}

__attribute__((constructor)) static void start(void) {
  (void)recording();
}

// The part of an absolute path below the root; NULL where it is elsewhere.
static const char* below_root(const char* path) {
  if (strncmp(path, power.root, power.root_size) != 0)
    return NULL;
  path += power.root_size;
  return *path == '\0' ? path : *path == '/' ? path + 1 : NULL;
}

static bool fd_path(int fd, char* out) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t size = readlink(link, out, PATH_MAX - 1);
  out[size < 0 ? 0 : size] = '\0';
  return size > 0;
}

// The absolute path of a name: its folder with symbolic links followed, then the name itself.
static bool named_path(int dir, const char* name, char* out) {
  char joined[2 * PATH_MAX];
  char base[PATH_MAX] = "";
  if (name == NULL || (name[0] != '/' &&
                       !(dir == AT_FDCWD ? getcwd(base, sizeof base) != NULL : fd_path(dir, base))))
    return false;
  snprintf(joined, sizeof joined, "%s%s%s", base, base[0] == '\0' ? "" : "/", name);
  size_t size = strlen(joined);
  while (size > 1 && joined[size - 1] == '/')
    joined[--size] = '\0';
  char* slash = strrchr(joined, '/');
  *slash = '\0';
  char folder[PATH_MAX];
  if (realpath(slash == joined ? "/" : joined, folder) == NULL)
    return false;
  const int length = snprintf(out, PATH_MAX, "%s/%s", folder, slash + 1);
  return length > 0 && length < PATH_MAX;
}

struct change power_begin(void) {
  struct change now = {.log = -1, .error = errno};
  if (!recording())
    return now;
  now.log = (int)syscall(SYS_openat, AT_FDCWD, power.log, O_WRONLY | O_APPEND | O_CLOEXEC);
  if (now.log < 0)
    power_misuse("the log cannot be opened");
  while (flock(now.log, LOCK_EX) != 0)
    if (errno != EINTR)
      power_misuse("the log cannot be locked");
  errno = now.error;
  return now;
}

void power_end(struct change* now) {
  if (now->log < 0)
    return;
  const int error = errno;
  flock(now->log, LOCK_UN); // a child that is being forked may hold the descriptor a little longer
  syscall(SYS_close, now->log);
  now->log = -1;
  errno = error;
}

bool power_is_ours(int fd) {
  const int error = errno;
  char path[PATH_MAX];
  const bool ours = recording() && fd_path(fd, path) && below_root(path) != NULL;
  errno = error;
  return ours;
}

bool power_of_fd(const struct change* now, int fd, struct place* out) {
  struct stat found;
  if (now->log < 0)
    return false;
  const int error = errno;
  const bool known = fd_path(fd, out->absolute) &&
                     (out->path = below_root(out->absolute)) != NULL && fstat(fd, &found) == 0;
  out->file = known ? found.st_ino : 0;
  out->size = known ? (uint64_t)found.st_size : 0;
  errno = error;
  return known;
}

bool power_of_name(const struct change* now, int dir, const char* name, struct place* out) {
  struct stat found;
  if (now->log < 0)
    return false;
  const int error = errno;
  const bool ours =
      named_path(dir, name, out->absolute) && (out->path = below_root(out->absolute)) != NULL;
  out->there = ours && lstat(out->absolute, &found) == 0;
  out->file = out->there ? found.st_ino : 0;
  out->size = out->there ? (uint64_t)found.st_size : 0;
  errno = error;
  return ours;
}

uint64_t power_record(const struct change* now, struct power_record head, const char* path,
                      const char* other, const void* bytes) {
  if (now->log < 0)
    return 0;
  const int error = errno;
  head.pid = (uint32_t)getpid();
  head.path_size = path == NULL ? 0 : (uint32_t)strlen(path);
  head.other_size = other == NULL ? 0 : (uint32_t)strlen(other);
  const struct iovec parts[] = {{&head, sizeof head},
                                {(void*)path, head.path_size},
                                {(void*)other, head.other_size},
                                {(void*)bytes, head.bytes_size}};
  const long whole = (long)(sizeof head + head.path_size + head.other_size + head.bytes_size);
  const long place = syscall(SYS_lseek, now->log, 0, SEEK_END);
  if (place < 0 || syscall(SYS_writev, now->log, parts, 4) != whole)
    power_misuse("the log cannot be written");
  errno = error;
  return (uint64_t)place;
}
