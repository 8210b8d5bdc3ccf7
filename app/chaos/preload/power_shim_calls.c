// The functions of the C library that the power recorder stands in for; see power_shim.c.
#define _GNU_SOURCE
#include "power_shim.h"

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
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

// The next definition of the function, looked up once, as `next`.
#define NEXT(name)                                                                                 \
  static _Atomic(void*) cached;                                                                    \
  void* found = atomic_load_explicit(&cached, memory_order_relaxed);                               \
  if (found == NULL) {                                                                             \
    found = dlsym(RTLD_NEXT, #name);                                                               \
    if (found == NULL)                                                                             \
      power_misuse("the C library has no " #name);                                                 \
    atomic_store_explicit(&cached, found, memory_order_relaxed);                                   \
  }                                                                                                \
  __typeof__(name)* next;                                                                          \
  memcpy(&next, &found, sizeof next)

// On a 64-bit machine the 64 form of a function is the function itself.
_Static_assert(sizeof(off_t) == sizeof(off64_t), "the aliases below need 64-bit file offsets");
#define SAME_AS(name) __attribute__((alias(#name)))

// ---- content

// Records what is about to be written to stdout.
static void note_output(int fd, const struct iovec* parts, int count) {
  if (fd != STDOUT_FILENO)
    return;
  struct change now = power_begin();
  for (int i = 0; i < count; ++i)
    power_record(
        &now, (struct power_record){.kind = POWER_SAID, .bytes_size = (uint32_t)parts[i].iov_len},
        NULL, NULL, parts[i].iov_base);
  power_end(&now);
}

// Records the first `done` bytes of a vector, written at `at`, or up to the descriptor's position
// where that is negative.
static void wrote(const struct change* now, int fd, const struct place* where,
                  const struct iovec* parts, int count, ssize_t done, off_t at, bool durable) {
  if (done <= 0)
    return;
  const int error = errno;
  if ((fcntl(fd, F_GETFL) & O_DSYNC) != 0) // O_SYNC holds the bit of O_DSYNC
    durable = true;
  if (at < 0)
    at = lseek(fd, 0, SEEK_CUR) - done;
  for (int i = 0; i < count && done > 0; ++i) {
    const size_t size = parts[i].iov_len < (size_t)done ? parts[i].iov_len : (size_t)done;
    power_record(now,
                 (struct power_record){.kind = POWER_WRITE,
                                       .flags = durable ? POWER_DURABLE : 0,
                                       .file = where->file,
                                       .at = (uint64_t)at,
                                       .bytes_size = (uint32_t)size},
                 where->path, NULL, parts[i].iov_base);
    at += (off_t)size;
    done -= (ssize_t)size;
  }
  errno = error;
}

// Does a write: on a file of ours under the log's lock, anywhere else without it, for it may block,
// or come from a signal's handler.
#define WRITE(parts, count, at, durable, call)                                                     \
  if (!power_is_ours(fd)) {                                                                        \
    note_output(fd, parts, count);                                                                 \
    return (call);                                                                                 \
  }                                                                                                \
  struct change now = power_begin();                                                               \
  struct place where;                                                                              \
  const bool known = power_of_fd(&now, fd, &where);                                                \
  const ssize_t done = (call);                                                                     \
  if (known)                                                                                       \
    wrote(&now, fd, &where, parts, count, done, at, durable);                                      \
  power_end(&now);                                                                                 \
  return done

ssize_t write(int fd, const void* bytes, size_t size) {
  NEXT(write);
  const struct iovec all = {(void*)bytes, size};
  WRITE(&all, 1, -1, false, next(fd, bytes, size));
}

ssize_t pwrite(int fd, const void* bytes, size_t size, off_t at) {
  NEXT(pwrite);
  const struct iovec all = {(void*)bytes, size};
  WRITE(&all, 1, at, false, next(fd, bytes, size, at));
}
ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t at) SAME_AS(pwrite);

ssize_t writev(int fd, const struct iovec* parts, int count) {
  NEXT(writev);
  WRITE(parts, count, -1, false, next(fd, parts, count));
}

ssize_t pwritev(int fd, const struct iovec* parts, int count, off_t at) {
  NEXT(pwritev);
  WRITE(parts, count, at, false, next(fd, parts, count, at));
}
ssize_t pwritev64(int fd, const struct iovec* parts, int count, off64_t at) SAME_AS(pwritev);

ssize_t pwritev2(int fd, const struct iovec* parts, int count, off_t at, int flags) {
  NEXT(pwritev2);
  WRITE(parts, count, at, (flags & RWF_DSYNC) != 0, next(fd, parts, count, at, flags));
}
ssize_t pwritev64v2(int fd, const struct iovec* parts, int count, off64_t at, int flags)
    SAME_AS(pwritev2);

// Records the size that a descriptor's file has now, where it is another than before.
static void resized(const struct change* now, int fd, const struct place* before) {
  struct place after;
  if (power_of_fd(now, fd, &after) && after.size != before->size)
    power_record(now,
                 (struct power_record){.kind = POWER_RESIZE, .file = after.file, .at = after.size},
                 after.path, NULL, NULL);
}

#define RESIZE(call)                                                                               \
  struct change now = power_begin();                                                               \
  struct place where;                                                                              \
  const bool ours = power_of_fd(&now, fd, &where);                                                 \
  const int status = (call);                                                                       \
  if (ours && status == 0)                                                                         \
    resized(&now, fd, &where);                                                                     \
  power_end(&now);                                                                                 \
  return status

int ftruncate(int fd, off_t size) {
  NEXT(ftruncate);
  RESIZE(next(fd, size));
}
int ftruncate64(int fd, off64_t size) SAME_AS(ftruncate);

int fallocate(int fd, int mode, off_t at, off_t size) {
  NEXT(fallocate);
  if ((mode & ~FALLOC_FL_KEEP_SIZE) != 0)
    power_misuse("fallocate changes content in a way that is not recorded");
  RESIZE(next(fd, mode, at, size));
}
int fallocate64(int fd, int mode, off64_t at, off64_t size) SAME_AS(fallocate);

int posix_fallocate(int fd, off_t at, off_t size) {
  NEXT(posix_fallocate);
  RESIZE(next(fd, at, size));
}
int posix_fallocate64(int fd, off64_t at, off64_t size) SAME_AS(posix_fallocate);

int truncate(const char* path, off_t size) {
  NEXT(truncate);
  struct change now = power_begin();
  struct place where;
  const bool ours = power_of_name(&now, AT_FDCWD, path, &where);
  const int status = next(path, size);
  if (ours && status == 0)
    power_record(
        &now, (struct power_record){.kind = POWER_RESIZE, .file = where.file, .at = (uint64_t)size},
        where.path, NULL, NULL);
  power_end(&now);
  return status;
}
int truncate64(const char* path, off64_t size) SAME_AS(truncate);

// ---- syncs: not under the lock while they wait for the disk

#define SYNC(more, call)                                                                           \
  struct change now = power_begin();                                                               \
  struct place where;                                                                              \
  const bool ours = power_of_fd(&now, fd, &where);                                                 \
  struct power_record head = {.kind = POWER_SYNC_BEGIN, .flags = (more), .file = where.file};      \
  const uint64_t began = ours ? power_record(&now, head, where.path, NULL, NULL) : 0;              \
  power_end(&now);                                                                                 \
  const int status = (call);                                                                       \
  if (ours && status == 0) {                                                                       \
    now = power_begin();                                                                           \
    head.kind = POWER_SYNC_END;                                                                    \
    head.at = began;                                                                               \
    power_record(&now, head, where.path, NULL, NULL);                                              \
    power_end(&now);                                                                               \
  }                                                                                                \
  return status

int fsync(int fd) {
  NEXT(fsync);
  SYNC(0, next(fd));
}

int fdatasync(int fd) {
  NEXT(fdatasync);
  SYNC(POWER_DATA_ONLY, next(fd));
}

// ---- names

#define TAKES_MODE(flags) (((flags)&O_CREAT) != 0 || ((flags)&O_TMPFILE) == O_TMPFILE)

// Records what an open made or cut; `before` is what the name was.
static void opened(const struct change* now, const struct place* before, int fd, int flags) {
  struct place after;
  if (fd < 0 || !power_of_fd(now, fd, &after))
    return;
  if (!before->there && (flags & O_CREAT) != 0)
    power_record(now, (struct power_record){.kind = POWER_CREATE, .file = after.file}, after.path,
                 NULL, NULL);
  else if ((flags & O_TRUNC) != 0)
    power_record(now, (struct power_record){.kind = POWER_RESIZE, .file = after.file}, after.path,
                 NULL, NULL);
}

#define OPEN(dir, call)                                                                            \
  if ((flags & (O_CREAT | O_TRUNC)) == 0)                                                          \
    return (call);                                                                                 \
  struct change now = power_begin();                                                               \
  struct place where;                                                                              \
  const bool ours = power_of_name(&now, dir, path, &where);                                        \
  if (!ours)                                                                                       \
    power_end(&now);                                                                               \
  const int fd = (call);                                                                           \
  if (ours)                                                                                        \
    opened(&now, &where, fd, flags);                                                               \
  power_end(&now);                                                                                 \
  return fd

int open(const char* path, int flags, ...) {
  NEXT(open);
  va_list more;
  va_start(more, flags);
  const mode_t mode = TAKES_MODE(flags) ? va_arg(more, mode_t) : 0;
  va_end(more);
  OPEN(AT_FDCWD, next(path, flags, mode));
}
int open64(const char* path, int flags, ...) SAME_AS(open);

int openat(int dir, const char* path, int flags, ...) {
  NEXT(openat);
  va_list more;
  va_start(more, flags);
  const mode_t mode = TAKES_MODE(flags) ? va_arg(more, mode_t) : 0;
  va_end(more);
  OPEN(dir, next(dir, path, flags, mode));
}
int openat64(int dir, const char* path, int flags, ...) SAME_AS(openat);

int creat(const char* path, mode_t mode) {
  NEXT(creat);
  const int flags = O_CREAT | O_TRUNC;
  OPEN(AT_FDCWD, next(path, mode));
}
int creat64(const char* path, mode_t mode) SAME_AS(creat);

int mkdirat(int dir, const char* path, mode_t mode) {
  NEXT(mkdirat);
  struct change now = power_begin();
  struct place where;
  const int status = next(dir, path, mode);
  if (status == 0 && power_of_name(&now, dir, path, &where))
    power_record(&now, (struct power_record){.kind = POWER_MKDIR, .file = where.file}, where.path,
                 NULL, NULL);
  power_end(&now);
  return status;
}

int mkdir(const char* path, mode_t mode) {
  return mkdirat(AT_FDCWD, path, mode);
}

// Two names; both have to be ours, or neither.
#define TWO_NAMES(what, more, from_dir, to_dir, call)                                              \
  struct change now = power_begin();                                                               \
  struct place source;                                                                             \
  struct place target;                                                                             \
  const bool from_us = power_of_name(&now, from_dir, from, &source);                               \
  const bool to_us = power_of_name(&now, to_dir, to, &target);                                     \
  const int status = (call);                                                                       \
  if (status == 0 && from_us != to_us)                                                             \
    power_misuse("a file left or entered the root");                                               \
  if (status == 0 && from_us)                                                                      \
    power_record(&now, (struct power_record){.kind = (what), .flags = (more)}, source.path,        \
                 target.path, NULL);                                                               \
  power_end(&now);                                                                                 \
  return status

int rename(const char* from, const char* to) {
  NEXT(rename);
  TWO_NAMES(POWER_RENAME, 0, AT_FDCWD, AT_FDCWD, next(from, to));
}

int renameat(int from_dir, const char* from, int to_dir, const char* to) {
  NEXT(renameat);
  TWO_NAMES(POWER_RENAME, 0, from_dir, to_dir, next(from_dir, from, to_dir, to));
}

int renameat2(int from_dir, const char* from, int to_dir, const char* to, unsigned flags) {
  NEXT(renameat2);
  TWO_NAMES(POWER_RENAME, (flags & RENAME_EXCHANGE) != 0 ? POWER_EXCHANGE : 0, from_dir, to_dir,
            next(from_dir, from, to_dir, to, flags));
}

int link(const char* from, const char* to) {
  NEXT(link);
  TWO_NAMES(POWER_LINK, 0, AT_FDCWD, AT_FDCWD, next(from, to));
}

int linkat(int from_dir, const char* from, int to_dir, const char* to, int flags) {
  NEXT(linkat);
  TWO_NAMES(POWER_LINK, 0, from_dir, to_dir, next(from_dir, from, to_dir, to, flags));
}

#define REMOVE(dir, call)                                                                          \
  struct change now = power_begin();                                                               \
  struct place where;                                                                              \
  const bool ours = power_of_name(&now, dir, path, &where);                                        \
  const int status = (call);                                                                       \
  if (ours && status == 0)                                                                         \
    power_record(&now, (struct power_record){.kind = POWER_REMOVE, .file = where.file},            \
                 where.path, NULL, NULL);                                                          \
  power_end(&now);                                                                                 \
  return status

int unlink(const char* path) {
  NEXT(unlink);
  REMOVE(AT_FDCWD, next(path));
}

int unlinkat(int dir, const char* path, int flags) {
  NEXT(unlinkat);
  REMOVE(dir, next(dir, path, flags));
}

int rmdir(const char* path) {
  NEXT(rmdir);
  REMOVE(AT_FDCWD, next(path));
}

int remove(const char* path) {
  NEXT(remove);
  REMOVE(AT_FDCWD, next(path));
}
