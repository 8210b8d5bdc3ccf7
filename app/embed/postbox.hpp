// Events between the threads of a host and QUEUE. Every thread puts its event into one vector. The
// first of a burst sends QUEUE a message; QUEUE takes all that have come by then, commits them
// together and gives their answers back together: a burst costs one message, one wakeup of QUEUE
// and one of the threads that wait.
#pragma once

#include "app/embed/home_core.hpp"
#include "app/embed/in_flight.hpp"
#include "app/embed/pending.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <variant>
#include <vector>

namespace spec_kitty::embed {

class postbox : public std::enable_shared_from_this<postbox> {
public:
  /// Who receives an event's outcome: nobody, a pending receipt, a callback.
  using addressee = std::variant<std::monostate, std::shared_ptr<pending_receipt::state>,
                                 std::function<void(const result<receipt>&)>>;

  explicit postbox(std::shared_ptr<home_core> core);

  in_flight& bound() { return in_flight_; }
  const in_flight& bound() const { return in_flight_; }
  const std::shared_ptr<receipt_signal>& signal() const { return signal_; }

  /// Hands QUEUE an event that has entered in_flight. Its addressee has an answer from then on,
  /// whatever happens.
  void post(event_draft draft, addressee to) noexcept;

private:
  /// Events and, in the same order, who waits for them.
  struct burst {
    std::vector<event_draft> drafts;
    std::vector<addressee> to;
  };
  class collection;

  bool put(event_draft& draft, addressee& to);
  void take(burst& into);
  /// Takes back the memory of a burst that is over.
  void recycle(burst& over);
  void answer(std::span<addressee> to, std::vector<result<append_receipt>> outcomes);
  void refuse(std::span<addressee> to, const failure& why) noexcept;
  void deliver(addressee& to, result<receipt> outcome) noexcept;

  const std::shared_ptr<home_core> core_;
  const std::shared_ptr<receipt_signal> signal_ = std::make_shared<receipt_signal>();
  in_flight in_flight_;
  std::mutex guard_;
  burst waiting_;
  burst spare_;             ///< empty, with the memory of an earlier burst
  bool called_for_ = false; ///< a message to QUEUE, for what waits, is on its way
};

} // namespace spec_kitty::embed
