// The log of the power recorder: what power_shim.c writes and app/chaos/power reads.
//
// A log is a row of records, in the order in which the operations took effect. A record is this
// head, then `path_size` bytes of a path below the root (no leading slash; empty: the root itself),
// `other_size` bytes of a second path, and `bytes_size` bytes of content. Native byte order: the
// log is read on the machine that wrote it.
#ifndef SPEC_KITTY_POWER_LOG_H
#define SPEC_KITTY_POWER_LOG_H

#include <stdint.h>

/// What happened.
enum power_kind {
  POWER_CREATE = 1, ///< a file at `path`, `file` is its inode
  POWER_MKDIR,      ///< a folder at `path`
  POWER_WRITE,      ///< `bytes` at offset `at` of `file`
  POWER_RESIZE,     ///< `file` has the size `at` now
  POWER_RENAME,     ///< `path` is called `other` now; with POWER_EXCHANGE both changed places
  POWER_LINK,       ///< the file at `path` is called `other` as well
  POWER_REMOVE,     ///< `path` is gone, a file or an empty folder
  POWER_SYNC_BEGIN, ///< a sync of `file` was asked for
  POWER_SYNC_END,   ///< the sync that began at byte `at` of the log is done
  POWER_SAID,       ///< `bytes` are about to be written to stdout
};

enum power_flag {
  POWER_DURABLE = 1,   ///< of a write: the descriptor waits for the disk (O_DSYNC)
  POWER_EXCHANGE = 2,  ///< of a rename
  POWER_DATA_ONLY = 4, ///< of a sync: it was fdatasync
};

struct power_record {
  uint32_t kind;
  uint32_t flags;
  uint32_t pid;
  uint32_t path_size;
  uint32_t other_size;
  uint32_t bytes_size;
  uint64_t file; ///< inode number, of folders too; 0: not of a file
  uint64_t at;
};

#endif
