// A preloaded library that lies to one program about the machine: what time it is, and what file
// system a folder lies on. Neither can be had otherwise without changing the machine itself.
//
//   SPEC_KITTY_LIE_SECONDS=<n>    The clock of the machine is n seconds ahead (negative: behind).
//                                 Clocks that only measure (monotonic, CPU) stay right.
//   SPEC_KITTY_LIE_FS=<magic>     statfs gives this number (0x6969: nfs) for …
//   SPEC_KITTY_LIE_FS_ROOT=<dir>  … this folder and all that is below it.
//
// Without its variables the library passes calls on. A wrong value ends the program with status
// 99, so that no test passes without the lie.
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long seconds_ahead;
static unsigned long magic;
static const char* root;

static long number_of(const char* name) {
  const char* text = getenv(name);
  if (text == NULL || text[0] == '\0')
    return 0;
  char* end = NULL;
  const long number = strtol(text, &end, 0);
  if (*end != '\0')
    _exit(99);
  return number;
}

__attribute__((constructor)) static void start(void) {
  seconds_ahead = number_of("SPEC_KITTY_LIE_SECONDS");
  magic = (unsigned long)number_of("SPEC_KITTY_LIE_FS");
  root = getenv("SPEC_KITTY_LIE_FS_ROOT");
  if (magic != 0 && (root == NULL || root[0] != '/'))
    _exit(99);
}

// ---- time

int clock_gettime(clockid_t clock, struct timespec* now) {
  const int done = (int)syscall(SYS_clock_gettime, clock, now);
  const bool of_the_wall = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
  if (done == 0 && of_the_wall)
    now->tv_sec += seconds_ahead;
  return done;
}

int gettimeofday(struct timeval* restrict now, void* restrict zone) {
  const int done = (int)syscall(SYS_gettimeofday, now, zone);
  if (done == 0)
    now->tv_sec += seconds_ahead;
  return done;
}

time_t time(time_t* out) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (out != NULL)
    *out = now.tv_sec;
  return now.tv_sec;
}

// ---- file systems

static bool is_below(const char* path) {
  const size_t length = strlen(root);
  return strncmp(path, root, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

static void lie_about(const char* path, struct statfs* what) {
  char real[PATH_MAX];
  if (magic != 0 && realpath(path, real) != NULL && (is_below(real) || is_below(path)))
    what->f_type = (__typeof__(what->f_type))magic;
}

int statfs(const char* path, struct statfs* what) {
  const int done = (int)syscall(SYS_statfs, path, what);
  const int before = errno;
  if (done == 0)
    lie_about(path, what);
  errno = before;
  return done;
}

int fstatfs(int fd, struct statfs* what) {
  const int done = (int)syscall(SYS_fstatfs, fd, what);
  const int before = errno;
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  if (done == 0)
    lie_about(link, what);
  errno = before;
  return done;
}

// The same structure where a file's size has 64 bits anyway.
_Static_assert(sizeof(struct statfs) == sizeof(struct statfs64), "a machine of 64 bits");

int statfs64(const char* path, struct statfs64* what) {
  return statfs(path, (struct statfs*)what);
}

int fstatfs64(int fd, struct statfs64* what) {
  return fstatfs(fd, (struct statfs*)what);
}
