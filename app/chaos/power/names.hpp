// The folders of a disk that may lose its power: which names lead where, now and durably.
//
// The model is POSIX at its most pessimistic: a change of a name is durable only once a folder that
// it is in was synced. A sync of the file itself does not do it (on ext4 and XFS it does). What
// file systems do promise is kept: a rename happens as a whole, and of two changes in one folder
// the later never arrives without the earlier.
#pragma once

#include "app/chaos/power/content.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace spec_kitty::chaos::power {

struct node;
using node_ptr = std::shared_ptr<node>;
using entries = std::map<std::string, node_ptr>;

/// A file or a folder, under whatever names.
struct node {
  bool folder = false;
  content bytes;   ///< of a file
  entries now;     ///< of a folder
  entries durable; ///< of a folder
};

/// Which of the changes of names that are not durable have arrived.
enum class names_arrived : std::uint8_t {
  none,
  all,
  journal, ///< all up to some moment, as a journal for the whole disk gives
  folders, ///< each folder up to a moment of its own
};

class names {
public:
  names();

  void create(std::size_t step, std::string_view path, std::uint64_t file, bool folder);
  void rename(std::size_t step, std::string_view from, std::string_view to);
  void exchange(std::size_t step, std::string_view text, std::string_view other);
  void link(std::size_t step, std::string_view from, std::string_view to);
  void remove(std::size_t step, std::string_view path);
  /// All changes in the folder of steps before this one are durable.
  void sync(const node_ptr& folder, std::size_t before);

  /// By inode number, else by name; nullptr where there is nothing.
  node_ptr find(std::uint64_t file, std::string_view path) const;
  node_ptr find(std::string_view path) const;

  /// What each folder may hold after a power loss.
  class view {
  public:
    const entries& of(const node& folder) const {
      const auto found = changed_.find(&folder);
      return found == changed_.end() ? folder.durable : found->second;
    }

  private:
    friend class names;
    std::map<const node*, entries> changed_;
  };
  view draw(names_arrived how, dice& chance) const;
  const node_ptr& root() const { return root_; }

private:
  /// One name in one folder, from now on of this node; nullptr: it is removed.
  struct edit {
    node_ptr folder;
    std::string name;
    node_ptr subject;
  };
  /// Edits that happen together.
  struct change {
    std::size_t step = 0;
    std::vector<edit> edits;
    bool durable = false;
    bool touches(const node* folder) const;
  };
  struct place {
    node_ptr folder; ///< nullptr: its folder is not known
    std::string name;
  };

  place place_of(std::string_view path) const;
  void change_names(std::size_t step, std::vector<edit> edits);
  static void put(entries& into, const edit& edit);

  node_ptr root_;
  std::unordered_map<std::uint64_t, node_ptr> by_file_;
  std::vector<change> pending_;
};

} // namespace spec_kitty::chaos::power
