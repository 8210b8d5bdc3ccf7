#include "actors/http/http.hpp"

#include <caf/send.hpp>

namespace spec_kitty {

http_state::~http_state() {
  for (auto& [id, promise] : open)
    refuse(promise, {ec::stopping, "the network part of the program has stopped", {}});
}

http_actor::behavior_type http(http_actor::stateful_pointer<http_state> self, http_config config) {
  install_handlers(self);
  self->state.config = std::move(config);
  return {
      [self](http_request& request) {
        auto& state = self->state;
        auto promise = self->make_response_promise<http_reply>();
        if (!state.client) {
          auto made = state.config.make_client();
          if (!made) {
            refuse(promise, made.error());
            return promise;
          }
          state.client = std::move(*made);
        }
        request.proxy = state.config.proxy;
        const std::uint64_t id = ++state.last_id;
        state.open.emplace(id, promise);
        state.client->start(std::move(request), [me = http_actor(self), id](http_reply reply) {
          caf::anon_send(me, http_finished{id, std::move(reply)});
        });
        return promise;
      },
      [self](http_finished& finished) {
        auto node = self->state.open.extract(finished.id);
        if (!node.empty())
          node.mapped().deliver(std::move(finished.reply));
      },
  };
}

} // namespace spec_kitty
