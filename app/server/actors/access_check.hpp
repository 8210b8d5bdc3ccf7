// Access that was withdrawn ends what is open, too: those that hold WebSockets ask every few
// seconds.
#pragma once

#include "app/server/actors/context.hpp"

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

namespace spec_kitty::server {

inline constexpr epoch_us access_check_every = 4'000'000;
inline constexpr auto access_check_patience = std::chrono::seconds(10);

/// Asks SESSIONS which of these callers have no access any more. `then` gets them on the actor's
/// own thread; it is not called where SESSIONS cannot answer now: the next check asks again.
template <class Self, class Then>
void ask_who_is_gone(Self self, const server_context& context, std::vector<caller_ptr> callers,
                     Then then) {
  const auto asks = context.sessions.get();
  if (!asks || callers.empty())
    return;
  auto asked = std::make_shared<const std::vector<caller_ptr>>(std::move(callers));
  self->request(asks, access_check_patience, check_callers{std::move(asked)})
      .then([then = std::move(then)](const callers_gone& gone) { then(*gone.callers); },
            [](const caf::error&) {});
}

} // namespace spec_kitty::server
