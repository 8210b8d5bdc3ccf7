// A home with an empty store, made ready again and again: a copy costs microseconds, a store
// milliseconds.
#pragma once

#include "actors/queue/store.hpp"

#include <filesystem>
#include <string>

namespace spec_kitty::chaos::simulation {

/// Limits of a simulated store: a small map, and no waiting for a lock that a schedule holds.
store_options simulated_store(const std::filesystem::path& home, const std::string& host);

class home_template {
public:
  /// Makes the store of `host` in `home`. Throws std::runtime_error where that cannot be done.
  home_template(std::filesystem::path home, const std::string& host);

  /// The home as it was when it was made: nothing recorded, no session.
  void reset() const;
  const std::filesystem::path& home() const { return home_; }

private:
  std::filesystem::path home_;
  std::string data_; ///< of the store's file
};

} // namespace spec_kitty::chaos::simulation
