// LD_PRELOAD: each sync takes SPEC_KITTY_SYNC_US microseconds instead of the disk's time, and so
// does each write to a descriptor with O_DSYNC (LMDB's meta page). Nothing is durable meanwhile.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

enum { max_descriptors = 4096 };
static char synced_writes[max_descriptors];

static void wait_as_a_disk(void) {
  const char* text = getenv("SPEC_KITTY_SYNC_US");
  const long us = text == NULL ? 0 : atol(text);
  const struct timespec time = {us / 1000000, (us % 1000000) * 1000};
  if (us > 0)
    nanosleep(&time, NULL);
}

int fdatasync(int fd) {
  (void)fd;
  wait_as_a_disk();
  return 0;
}

int fsync(int fd) {
  (void)fd;
  wait_as_a_disk();
  return 0;
}

static int open_without_sync(const char* name, const char* file, int flags, mode_t mode) {
  int (*next)(const char*, int, ...) = (int (*)(const char*, int, ...))dlsym(RTLD_NEXT, name);
  const int fd = next(file, flags & ~O_DSYNC, mode);
  if (fd >= 0 && fd < max_descriptors)
    synced_writes[fd] = (flags & O_DSYNC) != 0;
  return fd;
}

int open(const char* file, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = va_arg(more, mode_t);
  va_end(more);
  return open_without_sync("open", file, flags, mode);
}

int open64(const char* file, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = va_arg(more, mode_t);
  va_end(more);
  return open_without_sync("open64", file, flags, mode);
}

static ssize_t write_at(const char* name, int fd, const void* bytes, size_t size, off_t at) {
  ssize_t (*next)(int, const void*, size_t, off_t) =
      (ssize_t(*)(int, const void*, size_t, off_t))dlsym(RTLD_NEXT, name);
  const ssize_t done = next(fd, bytes, size, at);
  if (fd >= 0 && fd < max_descriptors && synced_writes[fd])
    wait_as_a_disk();
  return done;
}

ssize_t pwrite(int fd, const void* bytes, size_t size, off_t at) {
  return write_at("pwrite", fd, bytes, size, at);
}

ssize_t pwrite64(int fd, const void* bytes, size_t size, off_t at) {
  return write_at("pwrite64", fd, bytes, size, at);
}
