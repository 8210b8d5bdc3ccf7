// The log of the power recorder (app/chaos/preload/power_log.h), read into steps.
//
// A step is the smallest thing between two moments at which the power may go. A write that waits
// for the disk is two: it is under way, then it is durable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::chaos::power {

enum class kind : std::uint8_t {
  create,
  make_folder,
  write,
  write_done, ///< the write of the step before is durable
  resize,
  rename,
  exchange,
  link,
  remove,
  sync_begin,
  sync_end,
  message,
};

/// Views lie in the log's bytes.
struct step {
  kind what = kind::message;
  bool data_only = false; ///< of a sync: fdatasync
  std::uint32_t pid = 0;  ///< of the process that did it
  std::uint64_t file = 0; ///< inode number
  std::uint64_t at = 0;   ///< offset of a write, new size of a resize
  std::size_t began = 0;  ///< of a sync's end: which step its beginning is
  std::string_view path;  ///< below the recorded root
  std::string_view other; ///< the second name of rename, exchange and link
  std::string_view bytes; ///< written, to a file or to stdout
};

/// Throws std::runtime_error for bytes that no recorder wrote.
std::vector<step> read_log(std::string_view log);

/// `write home/queue/env/data.mdb at 4128, 120 bytes`
std::string to_string(const step& step);

} // namespace spec_kitty::chaos::power
