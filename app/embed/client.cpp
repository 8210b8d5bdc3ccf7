// The door without actors: spec_kitty/client.hpp.
//
//   emit ─▶ check on the caller's thread ─▶ in_flight ─▶ postbox ─▶ QUEUE ─▶ commit ─▶ receipt,
//   callback
#include "app/embed/client_impl.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <exception>
#include <new>

namespace spec_kitty {

namespace {

failure out_of_memory(const std::exception& error) {
  return {ec::overloaded, std::string("out of memory or threads: ") + error.what(), {}};
}

failure gone() {
  return {ec::stopping, "this client was moved from", {}};
}

/// Runs a call so that nothing is thrown into the host.
template <class Body>
auto guarded(Body body) -> decltype(body()) {
  try {
    return body();
  } catch (const std::exception& error) {
    return out_of_memory(error);
  }
}

} // namespace

bool pending_receipt::ready() const {
  return state_->made_in != process_generation() || state_->ready();
}

result<receipt> pending_receipt::get(std::chrono::milliseconds patience) const {
  if (state_->made_in != process_generation())
    return failure{ec::store_unusable, "this receipt belongs to the process before the fork", {}};
  constexpr std::chrono::milliseconds longest = std::chrono::hours(24);
  const auto until = std::chrono::steady_clock::now() + std::min(patience, longest);
  if (state_->ready() || state_->signal->wait(until, [&] { return state_->ready(); }))
    return *state_->outcome;
  return failure{ec::timeout, "no receipt in time; the event may still become durable",
                 "ask again, or allow more time"};
}

result<receipt> pending_receipt::get() const {
  return get(state_->patience);
}

client::client(std::shared_ptr<impl> made) : impl_(std::move(made)) {}
client::client(client&&) noexcept = default;

client& client::operator=(client&& other) noexcept {
  client before(std::move(*this));
  impl_ = std::move(other.impl_);
  return *this;
}

client::~client() {
  if (!impl_)
    return;
  if (!impl_->here()) { // a child of a fork: nothing of it can be ended here
    (void)new (std::nothrow) std::shared_ptr<impl>(std::move(impl_));
    return;
  }
  try {
    (void)impl_->stop(impl_->stop_within());
  } catch (const std::exception&) { // no memory: impl ends it, or leaves it behind
  }
}

result<client> client::open(options wanted) {
  return guarded([&]() -> result<client> {
    auto made = impl::open(std::move(wanted));
    return made ? result<client>(client(std::move(*made))) : made.error();
  });
}

pending_receipt client::emit(const event& what) {
  auto pending =
      impl_ ? std::make_shared<pending_receipt::state>(impl_->patience(), impl_->signal())
            : std::make_shared<pending_receipt::state>(std::chrono::milliseconds(0), nullptr);
  const auto sent = guarded(
      [&]() -> result<void> { return impl_ ? impl_->emit(what, pending) : result<void>(gone()); });
  if (!sent)
    pending->set(sent.error());
  return pending_receipt(std::move(pending));
}

void client::emit(const event& what, std::function<void(const result<receipt>&)> then) {
  if (!impl_) {
    try {
      then(gone());
    } catch (...) { // there is no log to write to
    }
    return;
  }
  const auto sent = guarded([&]() -> result<void> { return impl_->emit(what, then); });
  if (!sent)
    impl_->call_back(std::move(then), sent.error());
}

bool client::emit_best_effort(const event& what) noexcept {
  if (!impl_)
    return false;
  try {
    return impl_->emit_best_effort(what).ok();
  } catch (...) {
    return false;
  }
}

result<flush_report> client::flush(std::chrono::milliseconds deadline) {
  if (!impl_)
    return gone();
  return guarded([&] { return impl_->flush(deadline); });
}

result<client_status> client::status() const {
  if (!impl_)
    return gone();
  return guarded([&] { return impl_->status(); });
}

subscription client::subscribe(std::function<void(const update&)> handler) {
  if (!impl_ || !impl_->here())
    return {};
  return subscription(impl_->core().listeners().subscribe(std::move(handler)));
}

subscription client::subscribe(std::function<void(const update&)> handler,
                               const subscription_start& start) {
  if (!impl_ || !impl_->here())
    return {};
  embed::home_core& core = impl_->core();
  subscription held(
      core.listeners().subscribe(std::move(handler), log_place{start.log, start.after}));
  core.read_pages();
  return held;
}

result<void> client::stop(std::chrono::milliseconds deadline) {
  if (!impl_)
    return gone();
  return guarded([&] { return impl_->stop(deadline); });
}

} // namespace spec_kitty
