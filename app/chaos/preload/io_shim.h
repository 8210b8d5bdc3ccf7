// What the parts of the preloaded library share: io_shim.c judges an operation, io_shim_paths.c
// finds the file that it is about, io_shim_calls.c stands in for the C library's functions and does
// what the verdict says.
#ifndef SPEC_KITTY_IO_SHIM_H
#define SPEC_KITTY_IO_SHIM_H

#include <stdbool.h>
#include <sys/types.h>

// Nothing of this may be found by the program the library is loaded into.
#pragma GCC visibility push(hidden)

/// What the caller of an operation does next.
enum verdict {
  PASS,           ///< do it
  FAIL,           ///< leave it, errno is set
  HALF_THEN_KILL, ///< do it, a write only by half, then die()
};

/// How an operation meets a full disk.
enum need { NEEDS_SPACE, NEEDS_NONE };

/// Counts the operation when it is on a file of ours and says what becomes of it. They leave errno
/// alone unless the verdict is FAIL.
enum verdict judge_fd(const char* operation, int fd, enum need need);
enum verdict judge_path(const char* operation, int dir, const char* name, enum need need);
enum verdict judge_open(int dir, const char* path, int flags);
enum verdict judge_rename(const char* operation, int from_dir, const char* from, int to_dir,
                          const char* to);
enum verdict judge_mapping(const void* address);

/// Their absolute path, into a buffer of PATH_MAX bytes. False when it cannot be found.
bool fd_path(int fd, char* out);
bool at_path(int dir, const char* path, char* out);
bool mapped_path(const void* address, char* out); ///< msync names no descriptor

/// True when the file would become larger by being cut to this size.
bool grows(int fd, off_t size);

/// True when every write to the descriptor waits for the disk. Asked only where it matters.
bool waits_for_disk(int fd);

/// Lets the time of a slow disk pass, if one is asked for.
void delay(void);

/// Appends the count to its file, once per process.
void report_count(void);

/// Reports the count and ends the process by SIGKILL.
_Noreturn void die(void);

/// Says what is not understood and ends the process with status 99.
_Noreturn void misuse(const char* name, const char* value);

#pragma GCC visibility pop

#endif
