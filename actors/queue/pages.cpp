#include "actors/queue/pages.hpp"

#include "util/files.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace spec_kitty::pages {

namespace {

constexpr std::size_t head_bytes = 16;
constexpr std::size_t node_head_bytes = 8;
constexpr std::size_t max_key_bytes = 511;
constexpr std::size_t min_page_bytes = 512;
constexpr std::size_t max_page_bytes = 65536;
constexpr std::uint32_t magic = 0xBEEFC0DE;
constexpr std::uint32_t data_version = 1;
constexpr std::uint16_t free_tree_flags = 8; ///< keys are numbers
constexpr std::size_t meta_bytes = 152;
constexpr std::uint64_t unwritten_end = 65536; ///< what a healthy file may lack at its end

template <class T>
T read_as(std::string_view bytes, std::size_t offset) {
  T value{};
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

constexpr std::size_t even(std::size_t size) {
  return size + (size & 1U);
}

/// The meta page at an offset; nothing, and the reason, where it has another content.
std::optional<file_header> read_meta(std::string_view file, std::size_t offset,
                                     std::uint64_t number, std::string& why) {
  if (file.size() < offset + meta_bytes) {
    why = "it ends within its first two pages";
    return std::nullopt;
  }
  const std::string_view at = file.substr(offset, meta_bytes);
  file_header found;
  found.free = tree::decode(at.substr(40));
  found.main = tree::decode(at.substr(88));
  found.page_bytes = found.free.pad;
  found.last_page = read_as<std::uint64_t>(at, 136);
  found.transaction = read_as<std::uint64_t>(at, 144);
  if (read_as<std::uint64_t>(at, 0) != number || read_as<std::uint16_t>(at, 10) != flag::meta ||
      read_as<std::uint32_t>(at, 16) != magic || read_as<std::uint32_t>(at, 20) != data_version ||
      read_as<std::uint64_t>(at, 24) != 0) {
    why = "meta page " + std::to_string(number) + " has another kind of content";
    return std::nullopt;
  }
  if (found.page_bytes < min_page_bytes || found.page_bytes > max_page_bytes ||
      !std::has_single_bit(found.page_bytes) || found.free.flags != free_tree_flags ||
      found.main.flags != 0 || found.last_page < 1) {
    why = "meta page " + std::to_string(number) + " has impossible values";
    return std::nullopt;
  }
  return found;
}

/// Where the last hole of a file begins, if it is longer than LMDB would leave one; else `size`.
std::size_t end_of_data(int fd, off_t file_bytes, std::size_t size) {
  constexpr off_t usual_hole = off_t{1} << 20;
  constexpr int max_steps = 1000;
  off_t end = 0;
  for (int step = 0; step < max_steps; ++step) {
    const off_t data = ::lseek(fd, end, SEEK_DATA);
    if (data < 0) // nothing but a hole from here on
      return file_bytes - end > usual_hole ? static_cast<std::size_t>(end) : size;
    const off_t hole = ::lseek(fd, data, SEEK_HOLE);
    if (hole <= end || hole >= file_bytes)
      return size;
    end = hole;
  }
  return size;
}

/// Both, if they are whole and agree with each other.
std::optional<std::array<file_header, 2>> read_metas(std::string_view file, std::string& why) {
  const auto first = read_meta(file, 0, 0, why);
  const auto second = first ? read_meta(file, first->page_bytes, 1, why) : std::nullopt;
  if (!second)
    return std::nullopt;
  // Each commit writes one of the two, in turn; a new file has 0 in both.
  const std::uint64_t step = std::max(first->transaction, second->transaction) -
                             std::min(first->transaction, second->transaction);
  const bool in_turn = step == 1 && first->transaction % 2 == 0;
  const bool is_new = first->transaction == 0 && second->transaction == 0;
  if (first->page_bytes != second->page_bytes || (!in_turn && !is_new)) {
    why = "its two meta pages contradict each other";
    return std::nullopt;
  }
  return std::array{*first, *second};
}

std::optional<file_header> within(std::string_view file, const file_header& head,
                                  std::string& why) {
  if (head.last_page < (file.size() + unwritten_end) / head.page_bytes)
    return head;
  why = "it is truncated: it should have " + std::to_string(head.last_page + 1) + " pages of " +
        std::to_string(head.page_bytes) + " bytes and has " +
        std::to_string(file.size() / head.page_bytes);
  return std::nullopt;
}

} // namespace

std::uint64_t number_at(std::string_view bytes, std::size_t offset) {
  return offset + sizeof(std::uint64_t) <= bytes.size() ? read_as<std::uint64_t>(bytes, offset) : 0;
}

tree tree::decode(std::string_view bytes) {
  tree found;
  if (bytes.size() < tree_bytes)
    return found;
  found.pad = read_as<std::uint32_t>(bytes, 0);
  found.flags = read_as<std::uint16_t>(bytes, 4);
  found.depth = read_as<std::uint16_t>(bytes, 6);
  found.branch_pages = read_as<std::uint64_t>(bytes, 8);
  found.leaf_pages = read_as<std::uint64_t>(bytes, 16);
  found.overflow_pages = read_as<std::uint64_t>(bytes, 24);
  found.entries = read_as<std::uint64_t>(bytes, 32);
  found.root = read_as<std::uint64_t>(bytes, 40);
  return found;
}

std::optional<file_header> read_header(std::string_view file, std::string& why) {
  const auto metas = read_metas(file, why);
  if (!metas)
    return std::nullopt;
  const auto& [first, second] = *metas;
  return within(file, second.transaction > first.transaction ? second : first, why);
}

std::optional<file_header> header_of(std::string_view file, std::uint64_t transaction,
                                     std::string& why) {
  const auto metas = read_metas(file, why);
  if (!metas)
    return std::nullopt;
  for (const auto& meta : *metas)
    if (meta.transaction == transaction)
      return within(file, meta, why);
  return std::nullopt;
}

std::vector<file_header> possible_headers(std::string_view file) {
  constexpr std::size_t usual_page_bytes = 4096;
  std::string ignored;
  std::vector<file_header> found;
  const auto first = read_meta(file, 0, 0, ignored);
  const auto second = read_meta(file, first ? first->page_bytes : usual_page_bytes, 1, ignored);
  for (const auto& meta : {first, second})
    if (meta)
      found.push_back(*meta);
  std::stable_sort(found.begin(), found.end(), [](const file_header& a, const file_header& b) {
    return a.transaction > b.transaction;
  });
  return found;
}

result<mapped_file> mapped_file::open(const std::filesystem::path& path) {
  mapped_file file;
  const auto fd = open_regular(path, O_RDONLY, last_link::refuse);
  if (!fd)
    return fd.error();
  struct stat info {};
  if (!*fd || ::fstat(fd->get(), &info) != 0 || info.st_size <= 0)
    return file;
  const auto memory_page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const auto size =
      (static_cast<std::size_t>(info.st_size) + memory_page - 1) / memory_page * memory_page;
  void* const at = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd->get(), 0);
  if (at == MAP_FAILED)
    return system_failure(errno, "cannot map " + path.string());
  file.bytes_ = {static_cast<const char*>(at), size};
  file.written_ = end_of_data(fd->get(), info.st_size, size);
  return file;
}

mapped_file::~mapped_file() {
  if (!bytes_.empty())
    ::munmap(const_cast<char*>(bytes_.data()), bytes_.size());
}

std::optional<page> page::at(std::string_view file, std::size_t page_bytes, std::uint64_t number) {
  if (number < 2 || number >= file.size() / page_bytes)
    return std::nullopt;
  const std::string_view bytes = file.substr(number * page_bytes, page_bytes);
  const auto flags = read_as<std::uint16_t>(bytes, 10);
  const std::size_t lower = read_as<std::uint16_t>(bytes, 12);
  const std::size_t upper = read_as<std::uint16_t>(bytes, 14);
  if (read_as<std::uint64_t>(bytes, 0) != number ||
      (flags != flag::branch && flags != flag::leaf) || lower % 2 != 0 || lower <= head_bytes ||
      lower > upper || upper > page_bytes)
    return std::nullopt;
  return page(bytes, flags, (lower - head_bytes) / 2, upper);
}

std::optional<node> page::at(std::size_t slot) const {
  const std::size_t offset = read_as<std::uint16_t>(bytes_, head_bytes + 2 * slot);
  if (offset < upper_ || offset % 2 != 0 || offset + node_head_bytes > bytes_.size())
    return std::nullopt;
  const std::size_t available = bytes_.size() - offset - node_head_bytes;
  const auto low = read_as<std::uint16_t>(bytes_, offset);
  const auto high = read_as<std::uint16_t>(bytes_, offset + 2);
  const std::size_t key_bytes = read_as<std::uint16_t>(bytes_, offset + 6);
  node found;
  found.flags = read_as<std::uint16_t>(bytes_, offset + 4);
  if (key_bytes > max_key_bytes || key_bytes > available)
    return std::nullopt;
  found.key = bytes_.substr(offset + node_head_bytes, key_bytes);
  if (!is_leaf()) {
    found.child = low | static_cast<std::uint64_t>(high) << 16 |
                  static_cast<std::uint64_t>(found.flags) << 32;
    return found;
  }
  found.value_bytes = low | static_cast<std::uint32_t>(high) << 16;
  const std::size_t here =
      found.flags == node::in_overflow ? sizeof(std::uint64_t) : found.value_bytes;
  const bool known = found.flags == 0 || found.flags == node::in_overflow ||
                     (found.flags == node::is_tree && here == tree_bytes);
  if (!known || key_bytes == 0 || here > available - key_bytes)
    return std::nullopt;
  found.value = bytes_.substr(offset + node_head_bytes + key_bytes, here);
  return found;
}

std::size_t page::node_bytes(std::size_t offset) const {
  const std::size_t key_bytes = read_as<std::uint16_t>(bytes_, offset + 6);
  const auto flags = read_as<std::uint16_t>(bytes_, offset + 4);
  constexpr std::size_t never = max_page_bytes;
  if (key_bytes > max_key_bytes)
    return never;
  if (!is_leaf())
    return node_head_bytes + key_bytes;
  const std::size_t value_bytes = read_as<std::uint32_t>(bytes_, offset);
  if (flags > node::is_tree || flags == (node::in_overflow | node::is_tree) || key_bytes == 0 ||
      (flags == node::is_tree && value_bytes != tree_bytes))
    return never;
  return node_head_bytes + key_bytes +
         (flags == node::in_overflow ? sizeof(std::uint64_t) : std::min(value_bytes, never));
}

bool page::is_tiled() const {
  // A node's end is the next one's begin: as sets, the ends are the begins without the first.
  std::array<std::uint64_t, max_page_bytes / 128> begins;
  std::array<std::uint64_t, max_page_bytes / 128> ends;
  const std::size_t words = (bytes_.size() + 127) / 128;
  std::fill_n(begins.begin(), words, 0);
  std::fill_n(ends.begin(), words, 0);
  const auto mark = [](auto& set, std::size_t offset) {
    const std::uint64_t bit = std::uint64_t{1} << (offset / 2 % 64);
    const bool fresh = (set[offset / 128] & bit) == 0;
    set[offset / 128] |= bit;
    return fresh;
  };
  std::size_t last_ends = 0;
  for (std::size_t slot = 0; slot < count_; ++slot) {
    const std::size_t begin = read_as<std::uint16_t>(bytes_, head_bytes + 2 * slot);
    if (begin < upper_ || begin % 2 != 0 || begin + node_head_bytes > bytes_.size())
      return false;
    const std::size_t end = begin + even(node_bytes(begin));
    if (end > bytes_.size() || !mark(begins, begin))
      return false;
    if (end == bytes_.size())
      ++last_ends;
    else if (!mark(ends, end))
      return false;
  }
  begins[upper_ / 128 < words ? upper_ / 128 : 0] ^= std::uint64_t{1} << (upper_ / 2 % 64);
  return last_ends == 1 && std::equal(begins.begin(), begins.begin() + words, ends.begin());
}

std::optional<std::string_view> overflow_value(std::string_view file, std::size_t page_bytes,
                                               std::uint64_t number, std::uint32_t value_bytes,
                                               std::uint64_t& pages_taken) {
  const std::uint64_t in_file = file.size() / page_bytes;
  if (number < 2 || number >= in_file)
    return std::nullopt;
  const std::string_view head = file.substr(number * page_bytes, head_bytes);
  pages_taken = read_as<std::uint32_t>(head, 12);
  const std::uint64_t needed = (head_bytes + value_bytes + page_bytes - 1) / page_bytes;
  if (read_as<std::uint64_t>(head, 0) != number ||
      read_as<std::uint16_t>(head, 10) != flag::overflow || pages_taken < needed ||
      pages_taken > in_file - number)
    return std::nullopt;
  return file.substr(number * page_bytes + head_bytes, value_bytes);
}

} // namespace spec_kitty::pages
