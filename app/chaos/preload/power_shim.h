// What the two halves of the power recorder share: power_shim.c knows the log and what belongs to
// it, power_shim_calls.c stands in for the C library's functions.
#ifndef SPEC_KITTY_POWER_SHIM_H
#define SPEC_KITTY_POWER_SHIM_H

#include "power_log.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

// Nothing of this may be found by the program the library is loaded into.
#pragma GCC visibility push(hidden)

/// A change under way: the log is locked meanwhile. Where nothing is recorded, `log` is -1 and all
/// functions below do nothing.
struct change {
  int log;
  int error; ///< errno before it
};

/// A file or folder below the root.
struct place {
  char absolute[PATH_MAX];
  const char* path; ///< of `absolute`, the part below the root
  uint64_t file;    ///< inode number; 0: the file does not exist
  uint64_t size;
  bool there; ///< of a name: something has it
};

struct change power_begin(void);
void power_end(struct change* now);

/// Whether something is recorded and the descriptor is of a place below the root. Takes no lock.
bool power_is_ours(int fd);
/// False where the descriptor, or the name, is not of a place below the root. errno stays.
bool power_of_fd(const struct change* now, int fd, struct place* out);
bool power_of_name(const struct change* now, int dir, const char* name, struct place* out);

/// Appends a record; kind, flags, file, at and bytes_size of `head` are the caller's. Where in the
/// log it stands. errno stays.
uint64_t power_record(const struct change* now, struct power_record head, const char* path,
                      const char* other, const void* bytes);

/// Says what is wrong and ends the process with status 99.
_Noreturn void power_misuse(const char* what);

#pragma GCC visibility pop

#endif
