// Repeatable random numbers: everything a schedule draws comes from one seed.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace spec_kitty::chaos {

/// SplitMix64 (https://prng.di.unimi.it/splitmix64.c): small, and the same on every machine, which
/// the distributions of the standard library are not.
class dice {
public:
  explicit dice(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
  }
  /// From 0 to `sides` - 1; 0 where `sides` is 0.
  std::uint64_t below(std::uint64_t sides) { return sides == 0 ? 0 : next() % sides; }
  /// From `least` to `most`, both included.
  std::uint64_t between(std::uint64_t least, std::uint64_t most) {
    return least + below(most - least + 1);
  }
  bool one_in(std::uint64_t sides) { return below(sides) == 0; }
  /// [0, 1).
  double part() { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[static_cast<std::size_t>(below(from.size()))];
  }
  template <class T>
  void shuffle(std::vector<T>& what) {
    for (std::size_t i = what.size(); i > 1; --i)
      std::swap(what[i - 1], what[static_cast<std::size_t>(below(i))]);
  }

private:
  std::uint64_t state_;
};

/// The seed of round `number` of a scenario within a run.
inline std::uint64_t round_seed(std::uint64_t run, std::string_view scenario,
                                std::uint64_t number) {
  std::uint64_t mixed = dice(run).next();
  for (const char letter : scenario)
    mixed = dice(mixed ^ static_cast<unsigned char>(letter)).next();
  return dice(mixed ^ number).next();
}

} // namespace spec_kitty::chaos
