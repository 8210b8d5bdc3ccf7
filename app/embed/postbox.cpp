#include "app/embed/postbox.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

namespace spec_kitty::embed {

namespace {

constexpr std::size_t max_recycled = 8192; ///< events: more memory than for these is not kept

const failure queue_ended{
    ec::stopping, "the queue stopped before this event was committed: it may not be recorded", {}};
const failure no_memory{ec::overloaded, "out of memory: the event is not recorded", {}};

} // namespace

/// What QUEUE is handed: it takes all that waits when its turn comes. Dropped before everything is
/// answered, because QUEUE has ended or never was, it answers the rest.
class postbox::collection final : public posted_events {
public:
  explicit collection(std::shared_ptr<postbox> from) : from_(std::move(from)) {}
  collection(const collection&) = delete;
  collection& operator=(const collection&) = delete;

  ~collection() override {
    if (!taken_)
      from_->take(burst_);
    if (const auto left = std::span(burst_.to).subspan(answered_); !left.empty())
      from_->refuse(left, why_ ? *why_ : queue_ended);
    from_->recycle(burst_);
  }

  /// There is no QUEUE to hand it to.
  void drop(failure why) { why_ = std::move(why); }

  std::span<const event_draft> take() override {
    if (!std::exchange(taken_, true))
      from_->take(burst_);
    return burst_.drafts;
  }

  bool wants_json() const override {
    return from_->core_->given().receipt_json &&
           std::any_of(burst_.to.begin() + static_cast<std::ptrdiff_t>(answered_), burst_.to.end(),
                       [](const addressee& each) { return each.index() != 0; });
  }

  void answer(std::vector<result<append_receipt>> outcomes) override {
    const auto to = std::span(burst_.to).subspan(answered_, outcomes.size());
    from_->answer(to, std::move(outcomes));
    answered_ += to.size();
  }

private:
  std::shared_ptr<postbox> from_;
  burst burst_;
  std::size_t answered_ = 0;
  bool taken_ = false;
  std::optional<failure> why_;
};

postbox::postbox(std::shared_ptr<home_core> core)
    : core_(std::move(core)), in_flight_(core_->given().max_in_flight) {}

void postbox::post(event_draft draft, addressee to) noexcept {
  bool waits = false;
  try {
    const bool first = put(draft, to);
    waits = true;
    if (!first)
      return;
    auto call = std::make_shared<collection>(shared_from_this());
    if (const queue_actor queue = core_->actors().queue())
      caf::anon_send(queue, append_posted{std::move(call)});
    else
      call->drop(core_->actors().why_no_queue());
  } catch (const std::exception&) {
    burst left;
    if (waits)
      take(left);
    refuse(waits ? std::span(left.to) : std::span(&to, 1), no_memory);
  }
}

/// True for the first of a burst, which QUEUE is to be told of. What is given stays where memory
/// runs out.
bool postbox::put(event_draft& draft, addressee& to) {
  const std::lock_guard hold(guard_);
  if (waiting_.to.size() == waiting_.to.capacity())
    waiting_.to.reserve(std::max<std::size_t>(2 * waiting_.to.size(), 64));
  waiting_.drafts.push_back(std::move(draft));
  waiting_.to.push_back(std::move(to));
  return !std::exchange(called_for_, true);
}

void postbox::take(burst& into) {
  const std::lock_guard hold(guard_);
  std::swap(into, waiting_);
  std::swap(waiting_, spare_);
  called_for_ = false;
}

void postbox::recycle(burst& over) {
  over.drafts.clear();
  over.to.clear();
  if (over.drafts.capacity() > max_recycled)
    return;
  const std::lock_guard hold(guard_);
  if (spare_.drafts.capacity() < over.drafts.capacity())
    std::swap(spare_, over);
}

void postbox::answer(std::span<addressee> to, std::vector<result<append_receipt>> outcomes) {
  std::vector<result<receipt>> counted; // of those that somebody receives
  counted.reserve(outcomes.size());
  bool recorded = false;
  for (std::size_t i = 0; i < to.size(); ++i) {
    auto receipt_of = core_->count(std::move(outcomes[i]));
    recorded = recorded || receipt_of.ok();
    if (to[i].index() != 0)
      counted.push_back(std::move(receipt_of));
  }
  if (recorded)
    core_->wake_transports();
  in_flight_.answered(to.size());
  // A callback's event is in flight until it begins: a slow one holds back the emitting threads.
  in_flight_.leave(static_cast<std::size_t>(
      std::count_if(to.begin(), to.end(), [](const addressee& each) { return each.index() < 2; })));
  auto next = counted.begin();
  for (addressee& each : to)
    if (each.index() != 0)
      deliver(each, std::move(*next++));
  signal_->wake();
}

void postbox::refuse(std::span<addressee> to, const failure& why) noexcept {
  for (addressee& each : to)
    try {
      std::vector<result<append_receipt>> outcome;
      outcome.emplace_back(why);
      answer(std::span(&each, 1), std::move(outcome));
    } catch (const std::exception&) { // no memory for an answer: what waits has a bound of its own
    }
}

void postbox::deliver(addressee& to, result<receipt> outcome) noexcept {
  if (auto* pending = std::get_if<std::shared_ptr<pending_receipt::state>>(&to))
    return (*pending)->set(std::move(outcome));
  auto* then = std::get_if<std::function<void(const result<receipt>&)>>(&to);
  if (then == nullptr)
    return;
  try {
    core_->callbacks().run(
        [box = shared_from_this(), call = std::move(*then), what = std::move(outcome)] {
          box->in_flight_.leave(1);
          call(what);
        });
  } catch (const std::exception&) { // no memory for the call
    in_flight_.leave(1);
  }
}

} // namespace spec_kitty::embed
