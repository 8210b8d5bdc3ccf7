#include "actors/websocket/session.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace spec_kitty {

namespace {

/// Ids whose late answer is still recognised.
constexpr std::size_t max_handed_back = 8192;

} // namespace

ws_session::effects ws_session::on_text(std::string_view text, milliseconds now) {
  effects out;
  const std::size_t open_before = open_.size();
  const auto message = read_server_message(text);
  if (!message) {
    out.end = failure{ec::transport, message.error().message, "ask the server's operator"};
    return out;
  }
  switch (message->what) {
  case server_message::kind::snapshot:
    out.connected = !std::exchange(connected_, true);
    break;
  case server_message::kind::ping:
    out.reply = pong(*message);
    break;
  case server_message::kind::ack:
  case server_message::kind::error:
    answer(*message, out);
    break;
  case server_message::kind::event:
    // The echo of an event of ours shows that the server has it.
    if (open_.contains(message->event_id) || handed_back_.contains(message->event_id)) {
      answer(*message, out);
      break;
    }
    if (!node_id_.empty() && message->node_id == node_id_)
      break; // ours, sent by a batch or acknowledged before
    out.received = message->event;
    out.remote_clock = message->lamport_clock;
    if (!message->lamport_clock)
      out.warning = "the server sent an event whose lamport_clock is not a whole number";
    break;
  case server_message::kind::unknown:
    out.warning = "the server sent a message of the unknown type " + excerpt(message->type);
    break;
  }
  if (open_.size() < open_before)
    answered_at_ = now;
  return out;
}

/// The server's answer to an event of ours; the first answer counts.
void ws_session::answer(const server_message& message, effects& into) {
  const bool ack = message.what == server_message::kind::ack;
  if (ack && !message.status.empty() && message.status != "accepted" &&
      message.status != "duplicate") {
    into.warning = "the server acknowledged an event with the unknown status " +
                   excerpt(message.status) + "; batch sync will send it again";
    return;
  }
  const bool error = message.what == server_message::kind::error;
  if (const auto late = handed_back_.find(message.event_id); late != handed_back_.end()) {
    if (!error) // a late refusal does not count: its lease is over
      verdicts_.push_back({late->second, message.event_id, event_outcome::delivered, {}, false});
    handed_back_.erase(late);
    std::erase(handed_back_order_, message.event_id);
    return;
  }
  const auto found = open_.find(message.event_id);
  if (found == open_.end()) {
    into.warning = error ? "the server refused an event that was not sent: " + message.message
                         : "the server acknowledged an event that was not sent";
    return;
  }
  verdict answered{found->second, message.event_id, event_outcome::delivered, {}, false};
  if (error && message.code == "clock_behind") {
    answered.what = event_outcome::kept; // batch sync reconciles the clocks
    into.needs_run = true;
  } else if (error) {
    answered.what = refusal_of(message.code);
    into.refused = event_refused{message.event_id, message.message};
  } else if (message.status == "duplicate") {
    answered.what = event_outcome::duplicate;
  }
  answered.message = error ? message.message : std::string();
  verdicts_.push_back(std::move(answered));
  open_.erase(found);
}

bool ws_session::may_lease() const {
  return connected_ && idle();
}

bool ws_session::idle() const {
  return lease_ == 0 && open_.empty() && verdicts_.empty() && !under_way_;
}

void ws_session::on_lease(const lease_grant& grant, milliseconds now) {
  lease_ = grant.token;
  sent_at_ = answered_at_ = now;
  for (const auto& event : grant.events) {
    const std::string id = event.event_id.str();
    open_.emplace(id, event.seq);
    if (handed_back_.erase(id) > 0) // from here on the answer is to this sending
      std::erase(handed_back_order_, id);
  }
}

std::size_t ws_session::hand_back() {
  const std::size_t count = open_.size();
  for (auto& [id, seq] : std::exchange(open_, {})) {
    verdicts_.push_back({seq, id, event_outcome::kept, {}, false});
    if (handed_back_.emplace(id, seq).second)
      handed_back_order_.push_back(id);
  }
  for (; handed_back_order_.size() > max_handed_back; handed_back_order_.pop_front())
    handed_back_.erase(handed_back_order_.front());
  return count;
}

ws_session::milliseconds ws_session::answers_due() const {
  return std::min(answered_at_ + answer_patience, sent_at_ + window_patience);
}

bool ws_session::overdue(milliseconds now) const {
  return !open_.empty() && now >= answers_due();
}

std::optional<settle_request> ws_session::next_settlement(std::uint32_t max_retries,
                                                          milliseconds keep) {
  const bool ends = lease_ != 0 && open_.empty();
  if (under_way_ || (verdicts_.empty() && !ends))
    return std::nullopt;
  under_way_ = true;
  ends_lease_ = ends;
  settling_ = std::exchange(verdicts_, {});
  return settle_request{lease_, settling_, max_retries,
                        ends || lease_ == 0 ? milliseconds{0} : keep};
}

std::vector<std::string> ws_session::on_settled(const settle_outcome& outcome) {
  std::vector<std::string> removed;
  for (std::size_t i = 0; i < settling_.size() && i < outcome.events.size(); ++i)
    if (outcome.events[i] == settlement_effect::removed)
      removed.push_back(settling_[i].event_id.str());
  settling_.clear();
  under_way_ = false;
  if (ends_lease_)
    lease_ = 0;
  return removed;
}

void ws_session::on_settle_failed() {
  under_way_ = false;
  settling_.insert(settling_.end(), std::make_move_iterator(verdicts_.begin()),
                   std::make_move_iterator(verdicts_.end()));
  verdicts_ = std::exchange(settling_, {});
}

std::optional<settle_request> ws_session::final_settlement(std::uint32_t max_retries) {
  hand_back();
  if (lease_ == 0 && verdicts_.empty())
    return std::nullopt;
  return settle_request{std::exchange(lease_, 0), std::exchange(verdicts_, {}), max_retries,
                        milliseconds{0}};
}

std::optional<ws_session::milliseconds> ws_session::deadline() const {
  if (!connected_)
    return opened_ + snapshot_patience;
  if (!open_.empty())
    return answers_due();
  return std::nullopt;
}

} // namespace spec_kitty
