// The pages of LMDB's data file, read without LMDB: its own code follows whatever offset stands in
// a page, so a damaged one ends the process that reads it. Here every number is checked against the
// page and the file before it is used. Format: version 1, of LMDB 0.9, 64 bit, little-endian.
//
//   page     u64 number, u16 pad, u16 flags, u16 end of the slots, u16 begin of the nodes; an
//            overflow page has a u32 count of pages in place of the last two
//   slot     u16 offset of a node; sorted by the nodes' keys
//   node     u16 low, u16 high, u16 flags, u16 length of the key, the key; in a leaf the first two
//            are the length of the value, which follows, else the number of a page
//   meta     pages 0 and 1: u32 magic, u32 version, u64 address, u64 map size, free tree, main
//            tree, u64 last page, u64 transaction
#pragma once

#include "util/result.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spec_kitty::pages {

inline constexpr std::uint64_t no_page = ~std::uint64_t{0};

/// What the file says about a tree (MDB_db, 48 bytes).
struct tree {
  std::uint32_t pad = 0;
  std::uint16_t flags = 0;
  std::uint16_t depth = 0;
  std::uint64_t branch_pages = 0;
  std::uint64_t leaf_pages = 0;
  std::uint64_t overflow_pages = 0;
  std::uint64_t entries = 0;
  std::uint64_t root = no_page;

  static tree decode(std::string_view bytes);
};
inline constexpr std::size_t tree_bytes = 48;

/// The newer of the two meta pages.
struct file_header {
  std::size_t page_bytes = 0;
  std::uint64_t last_page = 0;
  std::uint64_t transaction = 0;
  tree free;
  tree main;
};

/// The header, if both meta pages are whole and agree with each other and the file's size; else
/// `why` has the reason.
std::optional<file_header> read_header(std::string_view file, std::string& why);

/// What a reader of this transaction sees: a commit writes its meta page before readers may begin
/// with it, so that may be the older one. Nothing and no reason where neither is of it any more.
std::optional<file_header> header_of(std::string_view file, std::uint64_t transaction,
                                     std::string& why);

/// What may be the header of a damaged file, the newer first; the values may be wrong.
std::vector<file_header> possible_headers(std::string_view file);

/// A file as it is now, mapped for reading. The bytes reach to the end of its last page of memory.
class mapped_file {
public:
  /// Empty where there is no such file, or nothing in it. A failure where it cannot be read, which
  /// says nothing about what is in it.
  static result<mapped_file> open(const std::filesystem::path& path);
  ~mapped_file();
  mapped_file(mapped_file&& other) noexcept
      : bytes_(std::exchange(other.bytes_, {})), written_(std::exchange(other.written_, 0)) {}
  mapped_file& operator=(mapped_file&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(written_, other.written_);
    return *this;
  }

  std::string_view bytes() const { return bytes_; }
  /// Without the hole at the end of a file that was made long and never written.
  std::string_view written() const { return bytes_.substr(0, written_); }

private:
  mapped_file() = default;

  std::string_view bytes_;
  std::size_t written_ = 0;
};

namespace flag {
inline constexpr std::uint16_t branch = 1;
inline constexpr std::uint16_t leaf = 2;
inline constexpr std::uint16_t overflow = 4;
inline constexpr std::uint16_t meta = 8;
} // namespace flag

struct node {
  static constexpr std::uint16_t in_overflow = 1; ///< the value is the number of a page
  static constexpr std::uint16_t is_tree = 2;     ///< the value is a tree's record

  std::string_view key;
  std::string_view value;  ///< of a leaf; with `in_overflow` the eight bytes of the page's number
  std::uint64_t child = 0; ///< of a branch
  std::uint32_t value_bytes = 0;
  std::uint16_t flags = 0;
};

/// A branch or leaf page. Nothing is assumed of its bytes.
class page {
public:
  /// Nothing where the file has no such page, or its head is not a branch's or leaf's.
  static std::optional<page> at(std::string_view file, std::size_t page_bytes,
                                std::uint64_t number);

  bool is_leaf() const { return flags_ == flag::leaf; }
  std::size_t count() const { return count_; }
  /// The node of a slot; nothing where it is not within the page.
  std::optional<node> at(std::size_t slot) const;
  /// Whether the nodes fill the page from their begin to its end, without gap or overlap: LMDB
  /// moves them about in that belief.
  bool is_tiled() const;

private:
  /// Of the node at an offset within the page; more than a page where it is damaged.
  std::size_t node_bytes(std::size_t offset) const;

  page(std::string_view bytes, std::uint16_t flags, std::size_t count, std::size_t upper)
      : bytes_(bytes), flags_(flags), count_(count), upper_(upper) {}

  std::string_view bytes_;
  std::uint16_t flags_;
  std::size_t count_;
  std::size_t upper_;
};

/// The pages that a value of this length takes, and the value in them; nothing where the file does
/// not have them.
std::optional<std::string_view> overflow_value(std::string_view file, std::size_t page_bytes,
                                               std::uint64_t number, std::uint32_t value_bytes,
                                               std::uint64_t& pages_taken);

std::uint64_t number_at(std::string_view bytes, std::size_t offset);

} // namespace spec_kitty::pages
