// Rates: a token bucket, and buckets by name with a bound on their number.
//
// A bucket holds up to `burst` tokens and gains `per_second` of them. Time is an argument, in
// microseconds of a clock that is never set. Pure.
#pragma once

#include "util/timestamp.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace spec_kitty::server {

struct rate {
  double per_second = 0; ///< 0: without a bound
  double burst = 0;      ///< at least 1 where there is a bound
};

class rate_bucket {
public:
  /// Takes `count` tokens: nothing when they were there, else the microseconds until they are.
  /// What is larger than the burst is taken when the bucket is full, and owed.
  std::optional<epoch_us> take(rate allowed, epoch_us now, double count = 1);
  /// Takes tokens that may not be there yet: what follows waits for them.
  void charge(rate allowed, epoch_us now, double count);
  /// Whether nothing would be lost if the bucket were forgotten.
  bool is_full(rate allowed, epoch_us now) const;

private:
  double level_at(rate allowed, epoch_us now) const;

  double level_ = 0;
  epoch_us at_ = 0;
  bool used_ = false;
};

class rate_buckets {
public:
  rate_buckets(rate allowed, std::size_t max_names) : allowed_(allowed), max_names_(max_names) {}

  std::optional<epoch_us> take(std::string_view name, epoch_us now, double count = 1);
  std::size_t size() const { return buckets_.size(); }

private:
  rate allowed_;
  std::size_t max_names_;
  std::unordered_map<std::string, rate_bucket> buckets_;
};

} // namespace spec_kitty::server
