// Walks the trees of LMDB's data file without LMDB, see pages.hpp. What the walk has been through,
// LMDB can follow: every page is in the file, used once and whole, every key in its order and
// within the bounds that the branches above it give.
#pragma once

#include "actors/queue/pages.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::pages {

enum class key_order {
  bytes,   ///< of a table
  numbers, ///< of the tree of free pages: eight bytes, little-endian
};

/// How far a walk goes.
enum class reach {
  all,      ///< to the first fault
  edges,    ///< of each branch only the first and the last child
  last,     ///< of each branch only the last child, and no rows: what an append needs
  what_can, ///< passes over what is damaged
};

/// A row of a table.
struct row {
  std::string_view key;
  std::string_view value;
  bool is_tree = false; ///< the value is a tree's record
};

class walker {
public:
  walker(std::string_view file, const file_header& head, reach how);

  using visitor = std::function<void(const row&)>;

  /// Visits the rows of a tree in their order. False where something is damaged.
  bool walk(const tree& of, key_order order, const visitor& visit);
  /// The free pages too: each is free once, and in no tree that was walked before.
  bool walk_free();
  /// Whether a state has nothing that was written after it: else its number is wrong, or the commit
  /// that was to take its place failed.
  bool is_before_its_time(const file_header& older) const;
  /// The row with that key in a tree of bytes. Looks at the pages on the way only.
  std::optional<row> find(const tree& of, std::string_view key);

  /// The first fault; empty: none.
  const std::string& why() const { return why_; }

private:
  struct bounds {
    std::string_view low;
    std::optional<std::string_view> high;
  };

  bool visit_page(std::uint64_t number, std::size_t level, const bounds& within);
  bool visit_leaf(const page& leaf, std::uint64_t number, const bounds& within);
  bool visit_branch(const page& branch, std::uint64_t number, std::size_t level,
                    const bounds& within);
  bool has_right_counts() const;
  bool is_sound(const page& found, std::uint64_t number);
  std::optional<std::string_view> value_of(const node& found);
  std::optional<std::string_view> bytes_at(std::uint64_t number, std::size_t size) const;
  bool take_pages(std::uint64_t first, std::uint64_t count);
  bool is_before(std::string_view a, std::string_view b) const;
  /// Notes a fault; true where the walk continues all the same.
  bool fault(std::string what);

  const std::string_view file_;
  const file_header& head_;
  const reach how_;
  std::vector<bool> taken_;
  std::vector<bool> sound_; ///< is_tiled() was true
  std::string why_;
  std::size_t faults_ = 0;

  // Of the walk under way.
  const tree* of_ = nullptr;
  key_order order_ = key_order::bytes;
  const visitor* visit_ = nullptr;
  tree counted_;
};

} // namespace spec_kitty::pages
