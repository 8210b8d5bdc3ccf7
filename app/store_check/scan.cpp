#include "app/store_check/scan.hpp"

#include <algorithm>
#include <cstring>

namespace spec_kitty {

namespace {

constexpr std::size_t page_head_bytes = 16;
constexpr std::size_t node_head_bytes = 8;
constexpr std::uint16_t in_overflow = 1;
constexpr std::size_t bytes_of_id = 16;
constexpr std::uint64_t max_position = std::uint64_t{1} << 48;

std::uint16_t u16_at(std::string_view bytes, std::size_t offset) {
  std::uint16_t value = 0;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

/// Looks for nodes at every offset where one can begin.
class scanner {
public:
  scanner(std::string_view file, std::size_t page_bytes) : file_(file), page_bytes_(page_bytes) {}

  scanned run() && {
    for (std::size_t begin = 0; begin + page_bytes_ <= file_.size(); begin += page_bytes_) {
      const std::string_view page = file_.substr(begin, page_bytes_);
      for (std::size_t at = page_head_bytes; at + node_head_bytes < page_bytes_; at += 2)
        look_at(page, at);
    }
    return std::move(found_);
  }

private:
  void look_at(std::string_view page, std::size_t at) {
    const std::size_t key_bytes = u16_at(page, at + 6);
    const std::uint16_t flags = u16_at(page, at + 4);
    if ((key_bytes != sizeof(std::uint64_t) && key_bytes != bytes_of_id) || flags > in_overflow)
      return;
    const std::size_t size = u16_at(page, at) | static_cast<std::size_t>(u16_at(page, at + 2))
                                                    << 16;
    const std::size_t value_at = at + node_head_bytes + key_bytes;
    if (value_at > page.size())
      return;
    const std::string_view key = page.substr(at + node_head_bytes, key_bytes);
    const std::string_view rest = page.substr(value_at);
    if (flags == in_overflow)
      note(key, in_other_page(rest, size));
    else if (size <= rest.size())
      note(key, rest.substr(0, size));
  }

  std::string_view in_other_page(std::string_view rest, std::size_t size) const {
    std::uint64_t number = 0;
    if (rest.size() < sizeof number)
      return {};
    std::memcpy(&number, rest.data(), sizeof number);
    if (number >= file_.size() / page_bytes_)
      return {};
    const std::string_view value = file_.substr(number * page_bytes_ + page_head_bytes);
    return size <= value.size() ? value.substr(0, size) : std::string_view{};
  }

  void note(std::string_view key, std::string_view value) {
    if (key.size() == bytes_of_id) {
      if (value.size() == sizeof(std::uint64_t) && position_of(value) < max_position)
        std::copy(key.begin(), key.end(), found_.ids[position_of(value)].bytes.begin());
      return;
    }
    const std::uint64_t seq = position_of(key);
    if (const auto event = event_record::decode(value)) {
      auto& copies = found_.events[seq];
      for (auto& copy : copies)
        if (const auto before = event_record::decode(copy); before->id.bytes == event->id.bytes) {
          if (before->lamport <= event->lamport) // restamped: the newer has the greater one
            copy = value;
          return;
        }
      copies.push_back(value);
    } else if (const auto dead = dead_record::decode(value);
               dead && event_record::decode(dead->record)) {
      found_.dead[seq] = value;
    }
  }

  std::string_view file_;
  std::size_t page_bytes_;
  scanned found_;
};

} // namespace

scanned scan(std::string_view file, std::size_t page_bytes) {
  return scanner(file, page_bytes).run();
}

} // namespace spec_kitty
