#include "tests/app/chaos/simulation_variants.hpp"

#include "messages/protocol.hpp"
#include "util/gzip.hpp"

namespace spec_kitty::chaos::simulation {

namespace {

using front = caf::event_based_actor;

/// Passes on to `real` whatever the actor has no handler for; the answer goes to who asked.
void pass_on(front* self, const caf::actor& real) {
  self->set_default_handler(
      [real](caf::scheduled_actor* me, caf::message_view& what) -> caf::result<caf::message> {
        auto* const element = me->current_mailbox_element();
        const auto id = element->mid;
        element->mid.mark_as_answered();
        real->enqueue(
            caf::make_mailbox_element(element->sender, id, {}, what.move_content_to_message()),
            me->context());
        return caf::delegated<caf::message>{};
      });
}

/// An actor in front of another: `handle` makes its handlers, the rest is passed on.
template <class Handle, class MakeHandlers>
Handle in_front_of(caf::actor_system& system, const Handle& real, MakeHandlers handlers) {
  const auto behind = caf::actor_cast<caf::actor>(real);
  return caf::actor_cast<Handle>(system.spawn([=](front* self) -> caf::behavior {
    pass_on(self, behind);
    return handlers(self, real);
  }));
}

http_reply all_taken(const http_request& batch) {
  const auto text = gunzip(batch.body, std::size_t{1} << 24);
  const auto body = text ? parse_json(*text) : result<json_document>(failure{});
  std::string list;
  if (const json_value* events = body ? member(*body, "events") : nullptr)
    for (const auto& event : events->GetArray())
      list += (list.empty() ? "" : ",") +
              (R"({"event_id":")" + text_of(event, "event_id").value_or("") +
               R"(","status":"success"})");
  return answered(200, R"({"results":[)" + list + "]}");
}

} // namespace

simulation_variant early_receipts() {
  return [](node_options& options) {
    options.around_queue = [](caf::actor_system& system, const queue_actor& real) {
      return in_front_of(system, real, [](front* self, const queue_actor& queue) {
        return caf::behavior{[self, queue](append_request& request) {
          self->request(queue, caf::infinite, std::move(request))
              .then([](const append_receipt&) {}, [](const caf::error&) {});
          append_receipt early;
          early.spilled = failure{ec::store_busy, "it will be stored", {}};
          return early;
        }};
      });
    };
  };
}

simulation_variant settled_before_sent() {
  return [](node_options& options) {
    options.around_queue = [](caf::actor_system& system, const queue_actor& real) {
      return in_front_of(system, real, [](front* self, const queue_actor& queue) {
        return caf::behavior{[self, queue](const lease_request& request) {
          auto promise = self->make_response_promise<lease_grant>();
          self->request(queue, caf::infinite, request)
              .then(
                  [self, queue, promise](lease_grant& grant) mutable {
                    settle_request early{grant.token, {}, 5, std::chrono::seconds(60)};
                    for (const auto& event : grant.events)
                      early.verdicts.push_back(
                          {event.seq, event.event_id, event_outcome::delivered, {}, false});
                    self->send(queue, std::move(early));
                    promise.deliver(std::move(grant));
                  },
                  [promise](caf::error& error) mutable { promise.deliver(std::move(error)); });
          return promise;
        }};
      });
    };
  };
}

simulation_variant lost_is_delivered() {
  return [](node_options& options) {
    options.tamper_reply = [](const http_request& request, http_reply& reply) {
      if (goes_to(request, protocol::batch_path) && reply.outcome != http_outcome::answered)
        reply = all_taken(request);
    };
  };
}

simulation_variant deaf_clock() {
  return [](node_options& options) {
    options.around_clock = [](caf::actor_system& system, const clock_actor& real) {
      return in_front_of(system, real, [](front*, const clock_actor&) {
        return caf::behavior{[](clock_received received) { return clock_value{received.remote}; }};
      });
    };
  };
}

simulation_variant blame_for_all() {
  return [](node_options& options) {
    options.around_queue = [](caf::actor_system& system, const queue_actor& real) {
      return in_front_of(system, real, [](front* self, const queue_actor& queue) {
        return caf::behavior{[self, queue](settle_request& request) {
          for (auto& verdict : request.verdicts)
            if (verdict.what == event_outcome::kept)
              verdict.what = event_outcome::rejected;
          return self->delegate(queue, std::move(request));
        }};
      });
    };
  };
}

simulation_variant no_new_stamps() {
  return [](node_options& options) {
    options.around_queue = [](caf::actor_system& system, const queue_actor& real) {
      return in_front_of(system, real, [](front*, const queue_actor&) {
        return caf::behavior{[](const restamp_request& request) {
          restamp_done nothing;
          nothing.clock = request.server_clock;
          return nothing;
        }};
      });
    };
  };
}

} // namespace spec_kitty::chaos::simulation
