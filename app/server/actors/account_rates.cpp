#include "app/server/actors/account_rates.hpp"

#include "app/server/actors/answers.hpp"

#include <string>
#include <utility>

namespace spec_kitty::server {

namespace {

constexpr std::size_t max_rated_accounts = 100'000;
constexpr double burst_seconds = 10;
constexpr epoch_us second = 1'000'000;

rate allowed_by(const service_limits& limits) {
  const auto per_second = static_cast<double>(limits.requests_per_second);
  return {per_second, per_second * burst_seconds};
}

} // namespace

account_rates::account_rates(context_ptr context)
    : context_(std::move(context)),
      buckets_(allowed_by(context_->options.limits), max_rated_accounts) {}

std::optional<listener::outbound_reply>
account_rates::take(store::account_id account, const listener::inbound_request& request) {
  const auto wait = buckets_.take(std::to_string(account), context_->steady());
  if (!wait)
    return std::nullopt;
  context_->metrics.refused_rate.add();
  return later_reply(429, "requests_per_second", "this account asks too often: wait",
                     static_cast<unsigned>(*wait / second + 1), request);
}

} // namespace spec_kitty::server
