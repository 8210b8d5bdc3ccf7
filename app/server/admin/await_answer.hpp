// Waits for the one answer of a call that answers on another thread.
#pragma once

#include "app/server/store/engine.hpp"
#include "util/result.hpp"

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>

namespace spec_kitty::server {

/// The answer; `timeout` where it does not come in time: the change may still happen.
template <class T>
result<T> await_answer(const std::function<void(store::callback<T>)>& call,
                       std::chrono::milliseconds patience) {
  auto answer = std::make_shared<std::promise<result<T>>>();
  auto coming = answer->get_future();
  call([answer](result<T> value) { answer->set_value(std::move(value)); });
  if (coming.wait_for(patience) != std::future_status::ready)
    return failure{ec::timeout,
                   "the store has not answered within " + std::to_string(patience.count() / 1000) +
                       " s: the change may still happen",
                   "look at the server's log, then at the result with a list command"};
  return coming.get();
}

} // namespace spec_kitty::server
