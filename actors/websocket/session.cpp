#include "actors/websocket/session.hpp"

#include "actors/websocket/plain_ack.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace spec_kitty {

namespace {

/// Ids whose late answer is still recognised.
constexpr std::size_t max_handed_back = 8192;
/// A lease is not extended by less of the window than this part.
constexpr std::size_t min_extension = 16;

} // namespace

// ── What the server sends ────────────────────────────────────────────────────────────────────────

ws_session::effects ws_session::on_text(std::string_view text, milliseconds now) {
  effects out;
  if (const auto ack = read_plain_ack(text))
    on_answer({server_message::kind::ack, ack->event_id, ack->status}, now, out);
  else if (const auto message = read_server_message(text))
    on_message(*message, now, out);
  else
    out.end = failure{ec::transport, message.error().message, "ask the server's operator"};
  return out;
}

void ws_session::on_message(const server_message& message, milliseconds now, effects& into) {
  switch (message.what) {
  case server_message::kind::snapshot:
    return on_snapshot(message, now, into);
  case server_message::kind::resumed:
    return on_resumed(message, into);
  case server_message::kind::gap:
  case server_message::kind::through:
    if (resumes_ && connected_)
      into.through = message.seq;
    return;
  case server_message::kind::ping:
    into.reply = pong(message);
    return;
  case server_message::kind::ack:
  case server_message::kind::error:
    return on_answer(
        {message.what, message.event_id, message.status, message.message, message.code}, now, into);
  case server_message::kind::event:
    return on_event(message, now, into);
  case server_message::kind::unknown:
    into.warning = "the server sent a message of the unknown type " + excerpt(message.type);
    return;
  }
}

void ws_session::on_snapshot(const server_message& message, milliseconds now, effects& into) {
  if (connected_ || greeted_)
    return;
  if (resumes_ && !message.log.empty()) {
    greeted_ = true;
    opened_ = now;
    into.greeting = effects::log_news{message.log, 0, message.head};
    return;
  }
  into.resume_refused = std::exchange(resumes_, false);
  into.connected = connected_ = true;
}

void ws_session::on_resumed(const server_message& message, effects& into) {
  if (!greeted_ || connected_) {
    into.warning = "the server resumed what was not asked for";
    return;
  }
  if (message.log.empty()) {
    into.end = failure{ec::transport, "the server continues with a log that has no id",
                       "ask the server's operator"};
    return;
  }
  into.connected = connected_ = true;
  into.resumed = effects::log_news{message.log, message.seq, message.head};
}

void ws_session::on_event(const server_message& message, milliseconds now, effects& into) {
  if (resumes_ && connected_ && message.seq > 0)
    if (const auto id = parse_ulid(message.event_id)) {
      into.place = {message.seq, *id};
      into.by = message.by;
    }
  // The echo of an event of ours shows that the server has it.
  if (find_sent(message.event_id) != nullptr || handed_back_.contains(message.event_id))
    return on_answer({message.what, message.event_id}, now, into);
  if (!node_id_.empty() && message.node_id == node_id_)
    return; // ours, sent by a batch or acknowledged before
  into.received = message.event;
  into.remote_clock = message.lamport_clock;
  if (into.place.seq > 0)
    into.change = message.change;
  if (!message.lamport_clock)
    into.warning = "the server sent an event whose lamport_clock is not a whole number";
}

/// The server's answer to an event of ours; the first answer counts.
void ws_session::on_answer(const answer& given, milliseconds now, effects& into) {
  const bool ack = given.what == server_message::kind::ack;
  if (ack && !given.status.empty() && given.status != "accepted" && given.status != "duplicate") {
    into.warning = "the server acknowledged an event with the unknown status " +
                   excerpt(given.status) + "; batch sync will send it again";
    return;
  }
  const bool error = given.what == server_message::kind::error;
  const event_id_text id(given.event_id);
  if (const auto late = handed_back_.find(id); late != handed_back_.end()) {
    if (!error) // a late refusal does not count: its lease is over
      verdicts_.push_back({late->second, id, event_outcome::delivered, {}, false});
    handed_back_.erase(late);
    return;
  }
  sent_event* const found = find_sent(id);
  if (found == nullptr) {
    into.warning =
        error ? "the server refused an event that was not sent: " + std::string(given.message)
              : "the server acknowledged an event that was not sent";
    return;
  }
  verdict answered{found->seq, id, event_outcome::delivered, {}, false};
  if (error && given.code == "clock_behind") {
    answered.what = event_outcome::kept; // batch sync reconciles the clocks
    into.needs_run = true;
  } else if (error) {
    answered.what = refusal_of(given.code);
    into.refused = event_refused{id.str(), std::string(given.message)};
  } else if (given.status == "duplicate") {
    answered.what = event_outcome::duplicate;
  }
  if (error)
    answered.message = given.message;
  verdicts_.push_back(std::move(answered));
  mark_answered(*found);
  answered_at_ = now;
}

ws_session::sent_event* ws_session::find_sent(const event_id_text& id) {
  const auto is_it = [&](const sent_event& event) { return !event.answered && event.id == id; };
  if (next_answer_ < sent_.size() && is_it(sent_[next_answer_]))
    return &sent_[next_answer_];
  const auto found = std::find_if(sent_.begin(), sent_.end(), is_it);
  if (found == sent_.end())
    return nullptr;
  next_answer_ = static_cast<std::size_t>(found - sent_.begin());
  return &*found;
}

void ws_session::mark_answered(sent_event& event) {
  event.answered = true;
  ++next_answer_;
  for (; !sent_.empty() && sent_.front().answered; sent_.pop_front()) {
    sent_bytes_ -= sent_.front().bytes;
    next_answer_ -= next_answer_ > 0 ? 1 : 0;
  }
}

// ── What is sent ─────────────────────────────────────────────────────────────────────────────────

bool ws_session::may_lease() const {
  return connected_ && idle();
}

bool ws_session::idle() const {
  return lease_ == 0 && sent_.empty() && verdicts_.empty() && !under_way_;
}

void ws_session::on_lease(const lease_grant& grant, milliseconds now) {
  lease_ = grant.token;
  leased_at_ = answered_at_ = now;
  more_waits_ = !grant.events.empty();
  woken_ = false;
  note_sent(grant.events, now);
}

void ws_session::note_sent(const std::vector<leased_event>& events, milliseconds now) {
  if (events.empty())
    return;
  if (sent_.empty()) // what came before was answered: the next answer may take its time
    answered_at_ = now;
  lease_last_ = events.back().seq;
  for (const auto& event : events) {
    sent_.push_back({event.event_id, event.seq, event.json.size(), now, false});
    sent_bytes_ += event.json.size();
    if (!handed_back_.empty())
      handed_back_.erase(event.event_id); // from here on the answer is to this sending
  }
}

/// What the lease is extended by, so that the window is full again.
std::optional<lease_request> ws_session::extension(milliseconds now) const {
  const std::size_t events = window_.events - std::min(window_.events, sent_.size());
  const std::size_t bytes = window_.bytes - std::min(window_.bytes, sent_bytes_);
  const bool worth_it = events >= std::max<std::size_t>(window_.events / min_extension, 1) &&
                        bytes >= window_.bytes / min_extension;
  if (lease_ == 0 || !worth_it || (!more_waits_ && !woken_) || now >= leased_at_ + max_extension)
    return std::nullopt;
  lease_request more;
  more.after = lease_last_;
  more.max_events = events;
  more.max_bytes = bytes;
  return more;
}

std::size_t ws_session::hand_back() {
  std::size_t count = 0;
  for (const auto& event : std::exchange(sent_, {})) {
    if (event.answered)
      continue;
    ++count;
    verdicts_.push_back({event.seq, event.id, event_outcome::kept, {}, false});
    if (handed_back_.emplace(event.id, event.seq).second)
      handed_back_order_.push_back(event.id);
  }
  sent_bytes_ = next_answer_ = 0;
  refuse_more();
  for (; handed_back_order_.size() > max_handed_back; handed_back_order_.pop_front())
    handed_back_.erase(handed_back_order_.front());
  return count;
}

ws_session::milliseconds ws_session::answers_due() const {
  return std::min(answered_at_ + answer_patience, sent_.front().at + window_patience);
}

bool ws_session::overdue(milliseconds now) const {
  return !sent_.empty() && now >= answers_due();
}

// ── Settlements ──────────────────────────────────────────────────────────────────────────────────

std::optional<settle_request> ws_session::next_settlement(const settle_terms& terms,
                                                          milliseconds now) {
  auto more = terms.may_extend ? extension(now) : std::nullopt;
  const bool ends = lease_ != 0 && sent_.empty() && !more;
  if (under_way_ || (verdicts_.empty() && !ends && !(more && woken_)))
    return std::nullopt;
  under_way_ = true;
  ends_lease_ = ends;
  extends_ = takes_more_ = more.has_value();
  if (more)
    woken_ = false;
  settling_ = std::exchange(verdicts_, {});
  return settle_request{lease_, settling_, terms.max_retries,
                        ends || lease_ == 0 ? milliseconds{0} : terms.keep, std::move(more)};
}

std::vector<std::string> ws_session::on_settled(const settle_outcome& outcome, milliseconds now) {
  std::vector<std::string> removed;
  for (std::size_t i = 0; i < settling_.size() && i < outcome.events.size(); ++i)
    if (outcome.events[i] == settlement_effect::removed)
      removed.push_back(settling_[i].event_id.str());
  settling_.clear();
  under_way_ = false;
  if (ends_lease_ || outcome.lease_ended)
    lease_ = 0;
  if (std::exchange(extends_, false))
    more_waits_ = !outcome.more.empty();
  sends_more_ = std::exchange(takes_more_, false) && !outcome.more.empty();
  if (sends_more_)
    note_sent(outcome.more, now);
  return removed;
}

void ws_session::on_settle_failed() {
  under_way_ = extends_ = takes_more_ = false;
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
  if (!sent_.empty())
    return answers_due();
  return std::nullopt;
}

} // namespace spec_kitty
