// How often an account may ask: `limits.requests_per_second` on average, and ten seconds' worth of
// it at once.
#pragma once

#include "app/server/actors/context.hpp"
#include "app/server/core/rate_bucket.hpp"

#include <optional>

namespace spec_kitty::server {

class account_rates {
public:
  explicit account_rates(context_ptr context);

  /// Counts a request of an account; the refusal, a 429, where they are too many.
  std::optional<listener::outbound_reply> take(store::account_id account,
                                               const listener::inbound_request& request);

private:
  context_ptr context_;
  rate_buckets buckets_;
};

} // namespace spec_kitty::server
