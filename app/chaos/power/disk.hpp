// A disk that was recorded, and what a power loss after any of its steps may leave on it.
//
//   steps ──apply, one after the other──▶ disk ──draw(chance)──▶ image
//
// What was synced is in every image. Of the rest each page, each file's size and each change of a
// name may have arrived or not (content.hpp, names.hpp). Nothing here opens a real file.
#pragma once

#include "app/chaos/power/log.hpp"
#include "app/chaos/power/names.hpp"

#include <string>
#include <utility>
#include <vector>

namespace spec_kitty::chaos::power {

/// What the disk does with syncs.
enum class disk_kind : std::uint8_t {
  honest,
  lying, ///< fdatasync comes back at once and nothing was done: for showing that it is found
};

/// What is found when the power is there again, below one folder of the recorded root.
struct image {
  std::vector<std::string> folders;                       ///< parents first
  std::vector<std::pair<std::string, std::string>> files; ///< path, content
};

class disk {
public:
  explicit disk(disk_kind behaviour = disk_kind::honest) : behaviour_(behaviour) {}

  /// The next step of the log; `number` is its place there.
  void apply(const step& step, std::size_t number);

  /// A way in which the power loss may have gone, of everything below `top`.
  image draw(dice& chance, const std::string& top) const;

  /// What a program reads in a file; empty if the file does not exist.
  std::string newest(std::string_view path) const;

private:
  void take(const names::view& seen, const node& folder, const std::string& path,
            const torn_write_policy& how, dice& chance, image& out) const;

  disk_kind behaviour_;
  names names_;
};

} // namespace spec_kitty::chaos::power
