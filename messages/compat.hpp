// Everything of CAF's API that changes between 0.17 and 1.x, in one place: signatures, local
// messages, errors, configuration. Other files use CAF through these names.
#pragma once

#include "util/result.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/error.hpp>
#include <caf/make_message.hpp>
#include <caf/replies_to.hpp>
#include <caf/response_promise.hpp>
#include <caf/result.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <chrono>
#include <tuple>
#include <utility>

/// Declares that a message type crosses actor boundaries inside one process only. Nothing of ours
/// is sent by CAF's remoting, so nothing is serialised by it.
#define SPEC_KITTY_LOCAL_MESSAGE(type) CAF_ALLOW_UNSAFE_MESSAGE_TYPE(type)

namespace spec_kitty {

/// Signatures of a typed interface: `answers<question, reply>`, `takes<notice>`.
template <class Question, class Reply>
using answers = typename caf::replies_to<Question>::template with<Reply>;
template <class Notice>
using takes = caf::reacts_to<Notice>;

/// A failure as an error that travels between actors, and back. Errors of CAF itself (a dead
/// receiver, a timeout, a handler that threw) come back as `internal` or `stopping` in words.
caf::error to_error(const failure& why);
failure to_failure(const caf::error& error);

/// Settings that were measured: policy sharing (idle costs nothing, 18 µs to start), a bound on
/// messages per turn. Never reads a file or argv. Without threads see message_loop.hpp.
class system_config : public caf::actor_system_config {
public:
  explicit system_config(std::size_t threads);
};

namespace compat_detail {
caf::error on_exception(std::exception_ptr& thrown);
}

/// Installed by every actor first. CAF's own handlers print to stdout; these never do. A handler
/// that throws ends its actor with an error that requesters and monitors see.
template <class Self>
void install_handlers(Self* self) {
  self->set_exception_handler([](caf::scheduled_actor*, std::exception_ptr& thrown) {
    return compat_detail::on_exception(thrown);
  });
  self->set_down_handler([](caf::scheduled_actor*, caf::down_msg&) {});
  self->set_error_handler([](caf::scheduled_actor*, caf::error&) {});
  self->set_default_handler(caf::drop);
}

/// A behavior of handlers that stand in groups: each group is a std::tuple of handlers for one
/// subject.
template <class Behavior, class... Groups>
Behavior behavior_of(Groups... groups) {
  return std::apply([](auto&&... handlers) { return Behavior{std::move(handlers)...}; },
                    std::tuple_cat(std::move(groups)...));
}

/// Fulfils a typed promise with a value, a failure, or a result.
template <class T>
void fulfil(caf::typed_response_promise<T> promise, T value) {
  promise.deliver(std::move(value));
}
template <class T>
void refuse(caf::typed_response_promise<T> promise, const failure& why) {
  promise.deliver(to_error(why));
}
template <class T>
void deliver(caf::typed_response_promise<T> promise, result<T> outcome) {
  if (outcome)
    fulfil(std::move(promise), std::move(*outcome));
  else
    refuse(std::move(promise), outcome.error());
}

/// A result as what a handler returns.
template <class T>
caf::result<T> reply(result<T> outcome) {
  if (outcome)
    return std::move(*outcome);
  return to_error(outcome.error());
}

} // namespace spec_kitty
