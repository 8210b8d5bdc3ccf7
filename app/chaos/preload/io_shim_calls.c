// The functions of the C library that the preloaded library stands in for; see io_shim.c.
#define _GNU_SOURCE
#include "io_shim.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

// The next definition of the function, looked up once, as `next`. Two threads that look it up
// together find the same.
#define NEXT(name)                                                                                 \
  static _Atomic(void*) known;                                                                     \
  void* found = atomic_load_explicit(&known, memory_order_relaxed);                                \
  if (found == NULL) {                                                                             \
    found = dlsym(RTLD_NEXT, #name);                                                               \
    if (found == NULL)                                                                             \
      misuse("LD_PRELOAD", "a library without " #name);                                            \
    atomic_store_explicit(&known, found, memory_order_relaxed);                                    \
  }                                                                                                \
  __typeof__(name)* next;                                                                          \
  memcpy(&next, &found, sizeof next)

// What every call does: fail, or be done; then die, or wait for a slow disk.
#define DO(type, judged, whole, half, slow)                                                        \
  const enum verdict what = (judged);                                                              \
  if (what == FAIL)                                                                                \
    return -1;                                                                                     \
  if (what == HALF_THEN_KILL) {                                                                    \
    (void)!(half);                                                                                 \
    die();                                                                                         \
  }                                                                                                \
  const type status = (whole);                                                                     \
  if ((slow) && status >= 0)                                                                       \
    delay();                                                                                       \
  return status

#define WRITE(operation, whole, half)                                                              \
  const bool dsync = waits_for_disk(fd);                                                           \
  DO(ssize_t, judge_fd(dsync ? operation "+dsync" : operation, fd, NEEDS_SPACE), whole, half, dsync)
#define SYNC(judged, call) DO(int, judged, call, call, true)
#define CALL(judged, call) DO(int, judged, call, call, false)

// On a 64-bit machine the 64 form of a function is the function itself.
_Static_assert(sizeof(off_t) == sizeof(off64_t), "the aliases below need 64-bit file offsets");
#define SAME_AS(name) __attribute__((alias(#name)))

ssize_t write(int fd, const void* bytes, size_t size) {
  NEXT(write);
  WRITE("write", next(fd, bytes, size), next(fd, bytes, size / 2));
}

ssize_t pwrite(int fd, const void* bytes, size_t size, off_t at) {
  NEXT(pwrite);
  WRITE("pwrite", next(fd, bytes, size, at), next(fd, bytes, size / 2, at));
}
ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t at) SAME_AS(pwrite);

// Writes the first half of a vector's bytes in order, at `at` or, where that is negative, at the
// descriptor's own position. By hand, because a kill follows and its result is not used.
static int write_half(int fd, const struct iovec* parts, int count, off_t at) {
  size_t left = 0;
  for (int i = 0; i < count; ++i)
    left += parts[i].iov_len;
  left /= 2;
  for (int i = 0; i < count && left > 0; ++i) {
    const size_t size = parts[i].iov_len < left ? parts[i].iov_len : left;
    const long done = at < 0 ? syscall(SYS_write, fd, parts[i].iov_base, size)
                             : syscall(SYS_pwrite64, fd, parts[i].iov_base, size, at);
    if (done != (long)size)
      return -1;
    left -= size;
    at = at < 0 ? at : at + (off_t)size;
  }
  return 0;
}

ssize_t writev(int fd, const struct iovec* parts, int count) {
  NEXT(writev);
  WRITE("writev", next(fd, parts, count), write_half(fd, parts, count, -1));
}

ssize_t pwritev(int fd, const struct iovec* parts, int count, off_t at) {
  NEXT(pwritev);
  WRITE("pwritev", next(fd, parts, count, at), write_half(fd, parts, count, at));
}
ssize_t pwritev64(int fd, const struct iovec* parts, int count, off64_t at) SAME_AS(pwritev);

ssize_t pwritev2(int fd, const struct iovec* parts, int count, off_t at, int flags) {
  NEXT(pwritev2);
  WRITE("pwritev2", next(fd, parts, count, at, flags), write_half(fd, parts, count, at));
}
ssize_t pwritev64v2(int fd, const struct iovec* parts, int count, off64_t at, int flags)
    SAME_AS(pwritev2);

int fsync(int fd) {
  NEXT(fsync);
  SYNC(judge_fd("fsync", fd, NEEDS_NONE), next(fd));
}

int fdatasync(int fd) {
  NEXT(fdatasync);
  SYNC(judge_fd("fdatasync", fd, NEEDS_NONE), next(fd));
}

int msync(void* address, size_t size, int flags) {
  NEXT(msync);
  DO(int, judge_mapping(address), next(address, size, flags), next(address, size, flags),
     (flags & MS_SYNC) != 0);
}

int ftruncate(int fd, off_t size) {
  NEXT(ftruncate);
  CALL(judge_fd("ftruncate", fd, grows(fd, size) ? NEEDS_SPACE : NEEDS_NONE), next(fd, size));
}
int ftruncate64(int fd, off64_t size) SAME_AS(ftruncate);

int truncate(const char* path, off_t size) {
  NEXT(truncate);
  CALL(judge_path("truncate", AT_FDCWD, path, NEEDS_SPACE), next(path, size));
}
int truncate64(const char* path, off64_t size) SAME_AS(truncate);

int fallocate(int fd, int mode, off_t at, off_t size) {
  NEXT(fallocate);
  CALL(judge_fd("fallocate", fd, NEEDS_SPACE), next(fd, mode, at, size));
}
int fallocate64(int fd, int mode, off64_t at, off64_t size) SAME_AS(fallocate);

// The one function that gives the error back instead of setting errno.
int posix_fallocate(int fd, off_t at, off_t size) {
  NEXT(posix_fallocate);
  const int before = errno;
  const enum verdict what = judge_fd("posix_fallocate", fd, NEEDS_SPACE);
  const int status = what == FAIL ? errno : next(fd, at, size);
  errno = before;
  if (what == HALF_THEN_KILL)
    die();
  return status;
}
int posix_fallocate64(int fd, off64_t at, off64_t size) SAME_AS(posix_fallocate);

#define TAKES_MODE(flags) (((flags)&O_CREAT) != 0 || ((flags)&O_TMPFILE) == O_TMPFILE)

int open(const char* path, int flags, ...) {
  NEXT(open);
  va_list more;
  va_start(more, flags);
  const mode_t mode = TAKES_MODE(flags) ? va_arg(more, mode_t) : 0;
  va_end(more);
  CALL(judge_open(AT_FDCWD, path, flags), next(path, flags, mode));
}
int open64(const char* path, int flags, ...) SAME_AS(open);

int openat(int dir, const char* path, int flags, ...) {
  NEXT(openat);
  va_list more;
  va_start(more, flags);
  const mode_t mode = TAKES_MODE(flags) ? va_arg(more, mode_t) : 0;
  va_end(more);
  CALL(judge_open(dir, path, flags), next(dir, path, flags, mode));
}
int openat64(int dir, const char* path, int flags, ...) SAME_AS(openat);

int creat(const char* path, mode_t mode) {
  NEXT(creat);
  CALL(judge_open(AT_FDCWD, path, O_CREAT | O_TRUNC), next(path, mode));
}
int creat64(const char* path, mode_t mode) SAME_AS(creat);

int mkdir(const char* path, mode_t mode) {
  NEXT(mkdir);
  CALL(judge_path("mkdir", AT_FDCWD, path, NEEDS_SPACE), next(path, mode));
}

int mkdirat(int dir, const char* path, mode_t mode) {
  NEXT(mkdirat);
  CALL(judge_path("mkdir", dir, path, NEEDS_SPACE), next(dir, path, mode));
}

int rename(const char* from, const char* to) {
  NEXT(rename);
  CALL(judge_rename("rename", AT_FDCWD, from, AT_FDCWD, to), next(from, to));
}

int renameat(int from_dir, const char* from, int to_dir, const char* to) {
  NEXT(renameat);
  CALL(judge_rename("rename", from_dir, from, to_dir, to), next(from_dir, from, to_dir, to));
}

int renameat2(int from_dir, const char* from, int to_dir, const char* to, unsigned flags) {
  NEXT(renameat2);
  CALL(judge_rename("renameat2", from_dir, from, to_dir, to),
       next(from_dir, from, to_dir, to, flags));
}

int unlink(const char* path) {
  NEXT(unlink);
  CALL(judge_path("unlink", AT_FDCWD, path, NEEDS_NONE), next(path));
}

int unlinkat(int dir, const char* path, int flags) {
  NEXT(unlinkat);
  CALL(judge_path("unlink", dir, path, NEEDS_NONE), next(dir, path, flags));
}

int rmdir(const char* path) {
  NEXT(rmdir);
  CALL(judge_path("rmdir", AT_FDCWD, path, NEEDS_NONE), next(path));
}

int remove(const char* path) {
  NEXT(remove);
  CALL(judge_path("remove", AT_FDCWD, path, NEEDS_NONE), next(path));
}

// Neither runs destructors, so the count would be lost.
_Noreturn void _exit(int status) {
  report_count();
  for (;;)
    syscall(SYS_exit_group, status);
}

_Noreturn void _Exit(int status) {
  _exit(status);
}
