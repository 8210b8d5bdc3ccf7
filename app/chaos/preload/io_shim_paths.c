// The files behind descriptors, names and mappings.
//
// The path of a descriptor is asked of /proc each time. A cache would be wrong: fclose closes
// without passing the shim, and the number is then another file.
#define _GNU_SOURCE
#include "io_shim.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

// Makes `path` absolute (below `base` when it is relative) and takes `.`, `..` and `//` out by the
// text alone. False when it does not fit.
static bool absolute(char* out, const char* base, const char* path) {
  char joined[2 * PATH_MAX];
  const int size = path[0] == '/' ? snprintf(joined, sizeof joined, "%s", path)
                                  : snprintf(joined, sizeof joined, "%s/%s", base, path);
  if (size < 0 || (size_t)size >= sizeof joined)
    return false;
  size_t end = 0;
  char* rest = NULL;
  for (char* name = strtok_r(joined, "/", &rest); name != NULL; name = strtok_r(NULL, "/", &rest)) {
    if (strcmp(name, ".") == 0)
      continue;
    if (strcmp(name, "..") == 0) {
      while (end > 0 && out[--end] != '/')
        ;
      continue;
    }
    const size_t length = strlen(name);
    if (end + 1 + length + 1 > PATH_MAX)
      return false;
    out[end++] = '/';
    memcpy(out + end, name, length);
    end += length;
  }
  if (end == 0)
    out[end++] = '/';
  out[end] = '\0';
  return true;
}

bool fd_path(int fd, char* out) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t size = readlink(link, out, PATH_MAX - 1);
  if (size < 0)
    return false;
  out[size] = '\0';
  return true;
}

bool at_path(int dir, const char* path, char* out) {
  char base[PATH_MAX] = "";
  if (path == NULL)
    return false;
  if (path[0] != '/' && !(dir == AT_FDCWD ? getcwd(base, sizeof base) != NULL : fd_path(dir, base)))
    return false;
  return absolute(out, base, path);
}

bool mapped_path(const void* address, char* out) {
  const long fd = syscall(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return false;
  char line[PATH_MAX + 128];
  size_t size = 0;
  bool found = false;
  char c;
  while (!found && syscall(SYS_read, fd, &c, 1) == 1) { // rare: LMDB's default mode never does it
    if (c != '\n') {
      if (size + 1 < sizeof line)
        line[size++] = c;
      continue;
    }
    line[size] = '\0';
    size = 0;
    unsigned long from = 0;
    unsigned long to = 0;
    int name = 0;
    if (sscanf(line, "%lx-%lx %*s %*s %*s %*s %n", &from, &to, &name) == 2 && name > 0 &&
        (unsigned long)address >= from && (unsigned long)address < to && line[name] == '/') {
      snprintf(out, PATH_MAX, "%s", line + name);
      found = true;
    }
  }
  syscall(SYS_close, fd);
  return found;
}
