// The preloaded library at work: it makes one file operation of a program fail, and
// its count says whether the program reached that operation. See preload/io_shim.c.
#pragma once

#include "app/chaos/installation.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace spec_kitty::chaos {

/// A way in which an operation fails.
struct io_fault {
  std::string_view fault; ///< as a report counts it
  const char* action;     ///< SPEC_KITTY_SHIM_ACTION
  bool sticky;            ///< everything after it fails as well
  bool kills;             ///< the program ends there by SIGKILL
};

/// All of them: kill, torn write, EIO, ENOSPC, a disk that dies, one that is full from there on.
std::span<const io_fault> io_faults();
/// The fault of that name; the first fault if the name is unknown.
const io_fault& io_fault_named(std::string_view fault);

/// Puts the library before a program. Only operations in and below `root` are counted. At 0
/// nothing fails, operations are only counted.
support::launch with_io_fault(const installation& in, support::launch what, const io_fault& how,
                              std::uint64_t at, const std::filesystem::path& root);

/// Operations that the last program with a fault counted; of several processes the most.
std::uint64_t operations_counted(const installation& in);

} // namespace spec_kitty::chaos
