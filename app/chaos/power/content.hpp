// One file on a disk that may lose its power: what is durable, and what may or may not have
// arrived.
//
// The page cache has one version of a page at a time, and the disk may be given it at any moment.
// So each page of a file has, after a power loss, what it held after any one of its changes since
// the last sync; pages are independent of one another, and so is the size. Torn pages: the same
// for sectors of 512 bytes, which are the least that a disk writes.
#pragma once

#include "app/chaos/random.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::chaos::power {

inline constexpr std::size_t page_bytes = 4096;
inline constexpr std::size_t sector_bytes = 512;

/// How much of what is not durable has arrived, in one image.
struct torn_write_policy {
  std::size_t unit = page_bytes; ///< what arrives as a whole: page_bytes or sector_bytes
  double whole = 0;              ///< chance that a unit's newest version has arrived
  bool between = false;          ///< else: any of its versions; false: the durable one

  /// Which of versions 0 (durable) to `newest` has arrived.
  std::size_t draw(dice& chance, std::size_t newest) const {
    if (whole >= 1 || chance.part() < whole)
      return newest;
    return between ? static_cast<std::size_t>(chance.between(0, newest)) : 0;
  }
};

class content {
public:
  /// Changes, with the number of the step that made each; numbers rise.
  void write(std::size_t step, std::uint64_t at, std::string_view bytes);
  void resize(std::size_t step, std::uint64_t size);

  /// All changes of steps before this one are durable.
  void sync(std::size_t before);
  /// What the newest write touched is durable, nothing else.
  void sync_newest();

  /// What the file may hold after a power loss.
  std::string draw(const torn_write_policy& how, dice& chance) const;
  /// What a program reads.
  std::string newest() const;

private:
  struct change {
    std::size_t step = 0;
    bool cuts = false;      ///< a resize
    std::uint64_t at = 0;   ///< offset, or new size
    std::string_view bytes; ///< of the log, which outlives this
    bool durable = false;   ///< written through
    std::uint64_t end() const { return at + bytes.size(); }
  };

  static void apply(const change& change, std::string& to);
  /// The part of a change that lies in a unit of a file.
  static void apply_in(const change& change, std::string& to, std::size_t begin, std::size_t end);

  std::string durable_;
  std::vector<change> pending_;
};

} // namespace spec_kitty::chaos::power
