#include "app/server/core/rate_bucket.hpp"

#include <algorithm>
#include <cmath>

namespace spec_kitty::server {

namespace {

constexpr double microseconds_per_second = 1e6;

} // namespace

double rate_bucket::level_at(rate allowed, epoch_us now) const {
  if (!used_)
    return allowed.burst;
  const auto passed = static_cast<double>(std::max<epoch_us>(now - at_, 0));
  return std::min(allowed.burst, level_ + passed * allowed.per_second / microseconds_per_second);
}

std::optional<epoch_us> rate_bucket::take(rate allowed, epoch_us now, double count) {
  if (allowed.per_second <= 0)
    return std::nullopt;
  const double level = level_at(allowed, now);
  const double needed = std::min(count, allowed.burst);
  if (level < needed)
    return static_cast<epoch_us>(
               std::ceil((needed - level) / allowed.per_second * microseconds_per_second)) +
           1;
  level_ = level - count;
  at_ = std::max(at_, now);
  used_ = true;
  return std::nullopt;
}

void rate_bucket::charge(rate allowed, epoch_us now, double count) {
  if (allowed.per_second <= 0)
    return;
  level_ = level_at(allowed, now) - count;
  at_ = std::max(at_, now);
  used_ = true;
}

bool rate_bucket::is_full(rate allowed, epoch_us now) const {
  return level_at(allowed, now) >= allowed.burst;
}

std::optional<epoch_us> rate_buckets::take(std::string_view name, epoch_us now, double count) {
  if (allowed_.per_second <= 0)
    return std::nullopt;
  if (buckets_.size() >= max_names_ && !buckets_.contains(std::string(name))) {
    std::erase_if(buckets_, [&](const auto& entry) { return entry.second.is_full(allowed_, now); });
    if (buckets_.size() >= max_names_)
      return static_cast<epoch_us>(microseconds_per_second);
  }
  return buckets_[std::string(name)].take(allowed_, now, count);
}

} // namespace spec_kitty::server
