#include "tests/support/store_damage.hpp"

#include <algorithm>
#include <random>

namespace spec_kitty::support {

namespace {

constexpr std::size_t page = 4096;

class damaging {
public:
  damaging(std::string bytes, std::uint64_t seed) : bytes_(std::move(bytes)), random_(seed) {}

  std::string run(std::string& how) {
    const std::size_t kind = below(10);
    const std::size_t from = kind < 5 ? below(bytes_.size()) : below(bytes_.size() / page) * page;
    if (kind < 3) {
      flip(how, from);
    } else if (kind < 5) {
      how = "noise from " + std::to_string(from);
      fill(from, 1 + below(64));
    } else if (kind < 7) {
      const std::size_t at = from + 2 * below(60);
      how = "a number at " + std::to_string(at);
      fill(at, 2);
    } else if (kind == 7) {
      how = "a page of noise at " + std::to_string(from);
      fill(from, page);
    } else if (kind == 8) {
      const std::size_t other = below(bytes_.size() / page) * page;
      how = "pages exchanged: " + std::to_string(from) + ", " + std::to_string(other);
      std::swap_ranges(bytes_.begin() + static_cast<std::ptrdiff_t>(from),
                       bytes_.begin() + static_cast<std::ptrdiff_t>(from + page),
                       bytes_.begin() + static_cast<std::ptrdiff_t>(other));
    } else {
      const std::size_t size = below(bytes_.size());
      how = "cut to " + std::to_string(size);
      bytes_.resize(size);
    }
    return std::move(bytes_);
  }

private:
  std::size_t below(std::size_t bound) { return random_() % bound; }

  void flip(std::string& how, std::size_t at) {
    if (below(2) == 0) // the begin of a page decides most
      at = at / page * page + below(200);
    at = std::min(at, bytes_.size() - 1);
    how = "a bit at " + std::to_string(at);
    bytes_[at] = static_cast<char>(bytes_[at] ^ (1 << below(8)));
  }

  void fill(std::size_t from, std::size_t count) {
    for (std::size_t at = from; at < std::min(from + count, bytes_.size()); ++at)
      bytes_[at] = static_cast<char>(random_());
  }

  std::string bytes_;
  std::mt19937_64 random_;
};

} // namespace

std::string damaged_bytes(std::string bytes, std::uint64_t seed, std::string& how) {
  return damaging(std::move(bytes), seed).run(how);
}

} // namespace spec_kitty::support
