// A preloaded library that counts a program's file operations and makes one of them fail: it
// kills the program there, tears the write, or fails with EIO or ENOSPC. It also makes a disk slow.
//
//   cc -std=c11 -shared -fPIC -o io_shim.so io_shim*.c -ldl -pthread
//
//   export SPEC_KITTY_SHIM_ROOT=$home SPEC_KITTY_SHIM_AT=3 SPEC_KITTY_SHIM_ACTION=torn
//   LD_PRELOAD=./io_shim.so program
//
// A test runs the program once with COUNT_FILE to learn how many operations there are, then once
// for each N with AT=N. Without any variable the library only passes calls on.
//
//   SPEC_KITTY_SHIM_ROOT=<folder>    Only operations on files in or below it are counted. It need
//                                    not exist yet. Without it nothing is counted.
//   SPEC_KITTY_SHIM_AT=<N>           The operation that fails, 1 being the first.
//   SPEC_KITTY_SHIM_ACTION=<what>    kill    SIGKILL before the operation
//                                    torn    a write: its first half, then SIGKILL; any other
//                                            operation: done, then SIGKILL
//                                    eio     not done; fails with EIO
//                                    enospc  not done; fails with ENOSPC
//   SPEC_KITTY_SHIM_STICKY=1         With eio: every later operation fails as well, as on a dead
//                                    disk. With enospc: every later one that takes space (writes,
//                                    ftruncate that grows, fallocate, mkdir, open that creates).
//   SPEC_KITTY_SHIM_COUNT_FILE=<f>   At exit (exit, _exit, and before the kill) one line with the
//                                    number of counted operations is appended to f.
//   SPEC_KITTY_SHIM_TRACE=<f>        One line `N operation path` per counted operation is appended
//                                    to f before it is done, `N rename from -> to` for two paths.
//                                    A write to an O_DSYNC descriptor is marked `pwrite+dsync`.
//   SPEC_KITTY_SHIM_SYNC_DELAY_US=<n>
//                                    After every successful fsync, fdatasync and msync(MS_SYNC),
//                                    and every write to a descriptor opened with O_DSYNC or O_SYNC
//                                    (LMDB writes its meta page so), n microseconds pass. This one
//                                    does not look at ROOT.
//
// Counted: write, pwrite, writev, pwritev, pwritev2, fsync, fdatasync, msync, ftruncate, truncate,
// fallocate, posix_fallocate, open/openat/creat that may create or cut a file, mkdir, rename,
// renameat2, unlink, rmdir, remove, and their 64 and *at forms.
// Not seen: stores into a mapping, system calls made by hand, what the C library does inside itself
// (fopen, fwrite, fclose; std::ofstream's writes are seen, its open is not), sendfile, close.
// A forked child continues to count where its parent was and reports for itself; a program
// started by exec begins at 0 again. A wrong value in a variable ends the program with status 99,
// so that no test passes because nothing was injected.
#define _GNU_SOURCE
#include "io_shim.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum action { ACTION_NONE, ACTION_KILL, ACTION_TORN, ACTION_EIO, ACTION_ENOSPC };

// Set once before the first operation, then only read.
static struct {
  bool counting;
  char root[PATH_MAX];      // as given, made absolute
  char real_root[PATH_MAX]; // with symbolic links followed
  long at;
  enum action action;
  bool sticky;
  const char* count_file;
  const char* trace_file;
  long sync_delay_us;
} shim;

static pthread_once_t configured = PTHREAD_ONCE_INIT;
static void configure(void);
static atomic_long counted;
static atomic_int reporter; // the process that has reported, so that a forked child still does

static void ready(void) {
  pthread_once(&configured, configure);
}

// ---- output that never passes through the wrappers below

static void append_to(const char* file, const char* text, size_t size) {
  const long fd =
      syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0)
    return;
  while (size > 0) {
    const long done = syscall(SYS_write, fd, text, size);
    if (done <= 0)
      break;
    text += done;
    size -= (size_t)done;
  }
  syscall(SYS_close, fd);
}

void report_count(void) {
  ready();
  const int self = (int)getpid();
  if (shim.count_file == NULL || atomic_exchange(&reporter, self) == self)
    return;
  char line[32];
  const int size = snprintf(line, sizeof line, "%ld\n", atomic_load(&counted));
  append_to(shim.count_file, line, (size_t)size);
}

_Noreturn void die(void) {
  report_count();
  for (;;)
    syscall(SYS_kill, getpid(), SIGKILL);
}

_Noreturn void misuse(const char* name, const char* value) {
  char line[256];
  const int size =
      snprintf(line, sizeof line, "io_shim: %s=%.100s is not understood\n", name, value);
  syscall(SYS_write, 2, line, (size_t)size);
  for (;;)
    syscall(SYS_exit_group, 99);
}

// ---- paths

static bool below(const char* path, const char* root) {
  const size_t length = strlen(root);
  return strncmp(path, root, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

static bool is_ours(const char* path) {
  return below(path, shim.root) || below(path, shim.real_root);
}

// ---- configuration

static long number_of(const char* name) {
  const char* text = getenv(name);
  if (text == NULL || text[0] == '\0')
    return 0;
  char* end = NULL;
  const long number = strtol(text, &end, 10);
  if (*end != '\0' || number < 1)
    misuse(name, text);
  return number;
}

static const char* file_of(const char* name) {
  const char* text = getenv(name);
  return text == NULL || text[0] == '\0' ? NULL : text;
}

// Follows symbolic links in as much of the root as exists by now.
static void resolve_root(void) {
  char head[PATH_MAX];
  snprintf(head, sizeof head, "%s", shim.root);
  for (;;) {
    char* real = realpath(head, NULL);
    if (real != NULL) {
      const char* tail = shim.root + strlen(head);
      const int size =
          snprintf(shim.real_root, PATH_MAX, "%s%s", strcmp(real, "/") == 0 ? "" : real,
                   strcmp(head, "/") == 0 ? shim.root : tail);
      free(real);
      if (size > 0 && size < PATH_MAX)
        return;
      break;
    }
    char* slash = strrchr(head, '/');
    if (slash == NULL || strcmp(head, "/") == 0)
      break;
    slash[slash == head ? 1 : 0] = '\0';
  }
  memcpy(shim.real_root, shim.root, sizeof shim.root);
}

static void configure(void) {
  shim.sync_delay_us = number_of("SPEC_KITTY_SHIM_SYNC_DELAY_US");
  shim.at = number_of("SPEC_KITTY_SHIM_AT");
  shim.count_file = file_of("SPEC_KITTY_SHIM_COUNT_FILE");
  shim.trace_file = file_of("SPEC_KITTY_SHIM_TRACE");
  const char* sticky = getenv("SPEC_KITTY_SHIM_STICKY");
  shim.sticky = sticky != NULL && strcmp(sticky, "1") == 0;
  const char* root = getenv("SPEC_KITTY_SHIM_ROOT");
  shim.counting = root != NULL && root[0] != '\0';
  if (shim.counting) {
    if (!at_path(AT_FDCWD, root, shim.root) || strcmp(shim.root, "/") == 0)
      misuse("SPEC_KITTY_SHIM_ROOT", root);
    resolve_root();
  }
  static const char* const names[] = {"", "kill", "torn", "eio", "enospc"};
  const char* action = getenv("SPEC_KITTY_SHIM_ACTION");
  if (action == NULL)
    action = "";
  for (int i = ACTION_NONE; i <= ACTION_ENOSPC; ++i)
    if (strcmp(action, names[i]) == 0) {
      shim.action = (enum action)i;
      if ((shim.at > 0) != (shim.action != ACTION_NONE))
        misuse(shim.at > 0 ? "SPEC_KITTY_SHIM_ACTION" : "SPEC_KITTY_SHIM_AT", "(nothing)");
      if (shim.at > 0 && !shim.counting)
        misuse("SPEC_KITTY_SHIM_ROOT", "(nothing)");
      return;
    }
  misuse("SPEC_KITTY_SHIM_ACTION", action);
}

__attribute__((constructor)) static void start(void) {
  ready();
}

__attribute__((destructor)) static void finish(void) {
  report_count();
}

// ---- judging one operation

// Counts the operation and says what becomes of it; sets errno for FAIL. `torn` operations other
// than writes come back as HALF_THEN_KILL too: the caller does them whole, then dies.
static enum verdict judge(const char* operation, const char* path, const char* to, enum need need) {
  const long number = atomic_fetch_add(&counted, 1) + 1;
  if (shim.trace_file != NULL) {
    char line[2 * PATH_MAX + 64];
    const int size =
        to == NULL ? snprintf(line, sizeof line, "%ld %s %s\n", number, operation, path)
                   : snprintf(line, sizeof line, "%ld %s %s -> %s\n", number, operation, path, to);
    append_to(shim.trace_file, line, (size_t)size);
  }
  if (shim.action == ACTION_NONE || number < shim.at)
    return PASS;
  const bool here = number == shim.at;
  switch (shim.action) {
  case ACTION_KILL:
    if (here)
      die();
    return PASS; // another thread; the kill is on its way
  case ACTION_TORN:
    return here ? HALF_THEN_KILL : PASS;
  case ACTION_EIO:
    errno = EIO;
    return here || shim.sticky ? FAIL : PASS;
  case ACTION_ENOSPC:
    errno = ENOSPC;
    return here || (shim.sticky && need == NEEDS_SPACE) ? FAIL : PASS;
  case ACTION_NONE:
    break;
  }
  return PASS;
}

// The judgements of descriptors, names and mappings leave errno alone unless the verdict is FAIL.
static enum verdict keep_errno(enum verdict found, int before) {
  if (found != FAIL)
    errno = before;
  return found;
}

enum verdict judge_fd(const char* operation, int fd, enum need need) {
  const int before = errno;
  char path[PATH_MAX];
  ready();
  const bool counts = shim.counting && fd_path(fd, path) && is_ours(path);
  return keep_errno(counts ? judge(operation, path, NULL, need) : PASS, before);
}

enum verdict judge_path(const char* operation, int dir, const char* name, enum need need) {
  const int before = errno;
  char path[PATH_MAX];
  ready();
  const bool counts = shim.counting && at_path(dir, name, path) && is_ours(path);
  return keep_errno(counts ? judge(operation, path, NULL, need) : PASS, before);
}

// Counted when either name is ours.
enum verdict judge_rename(const char* operation, int from_dir, const char* from, int to_dir,
                          const char* to) {
  const int before = errno;
  char source[PATH_MAX];
  char target[PATH_MAX];
  ready();
  const bool counts = shim.counting && at_path(from_dir, from, source) &&
                      at_path(to_dir, to, target) && (is_ours(source) || is_ours(target));
  return keep_errno(counts ? judge(operation, source, target, NEEDS_NONE) : PASS, before);
}

enum verdict judge_mapping(const void* address) {
  const int before = errno;
  char path[PATH_MAX];
  ready();
  const bool counts = shim.counting && mapped_path(address, path) && is_ours(path);
  return keep_errno(counts ? judge("msync", path, NULL, NEEDS_NONE) : PASS, before);
}

// An open that may create or cut a file; any other one changes nothing and is not counted.
enum verdict judge_open(int dir, const char* path, int flags) {
  const bool temporary = (flags & O_TMPFILE) == O_TMPFILE;
  if ((flags & (O_CREAT | O_TRUNC)) == 0 && !temporary)
    return PASS;
  const int before = errno;
  const bool creates = temporary || ((flags & O_CREAT) != 0 && faccessat(dir, path, F_OK, 0) != 0);
  errno = before;
  return judge_path("open", dir, path, creates ? NEEDS_SPACE : NEEDS_NONE);
}

bool grows(int fd, off_t size) {
  const int before = errno;
  struct stat now;
  const bool larger = fstat(fd, &now) != 0 || size > now.st_size;
  errno = before;
  return larger;
}

void delay(void) {
  if (shim.sync_delay_us == 0)
    return;
  const int before = errno;
  struct timespec left = {shim.sync_delay_us / 1000000, shim.sync_delay_us % 1000000 * 1000};
  while (syscall(SYS_nanosleep, &left, &left) != 0 && errno == EINTR)
    ;
  errno = before;
}

bool waits_for_disk(int fd) {
  ready();
  if (shim.sync_delay_us == 0 && shim.trace_file == NULL)
    return false;
  const int before = errno;
  const int flags = fcntl(fd, F_GETFL);
  errno = before;
  return flags != -1 && (flags & O_DSYNC) != 0; // O_SYNC holds the bit of O_DSYNC
}
