#include "app/chaos/proxy/connection.hpp"

#include <algorithm>

namespace spec_kitty::chaos {

using namespace std::chrono_literals;

namespace {

/// For what no client waits for any more: a late request, a second one.
constexpr auto patience_alone = 5s;
/// How long a frame is held back for the one that is to overtake it.
constexpr auto max_hold = 200ms;

std::size_t index_of(direction way) {
  return way == direction::up ? 0 : 1;
}

std::string shaped(std::string bytes, const shape& how) {
  if (how.flip && !bytes.empty()) {
    char& corrupted = bytes[*how.flip % bytes.size()];
    corrupted = static_cast<char>(corrupted ^ 1);
  }
  bytes.resize(std::min(bytes.size(), how.most));
  return bytes;
}

} // namespace

connection::connection(proxy_core& core, int client)
    : core_(&core), client_(client), give_up_at_(stream::instant::max()) {}

connection::connection(proxy_core& core, exchange asked, std::chrono::milliseconds later)
    : core_(&core), client_(-1), asked_(std::move(asked)),
      give_up_at_(stream::clock::now() + later + patience_alone) {
  shape how;
  how.delay = later;
  ask_server(asked_.request.raw, how);
}

void connection::step(stream::instant now) {
  client_.read_some();
  if (server_)
    server_->read_some();
  if (phase_ == phase::request)
    take_request();
  if (phase_ == phase::reply)
    take_reply();
  if (phase_ == phase::frames) {
    for (const auto way : {direction::up, direction::down})
      if (!held_[index_of(way)].empty() && now >= held_until_[index_of(way)])
        let_go_of_held(way, way == direction::up ? *server_ : client_);
    pass_frames(client_, *server_, direction::up);
    if (phase_ == phase::frames)
      pass_frames(*server_, client_, direction::down);
    if (phase_ == phase::frames && (client_.ended() || server_->ended()))
      end_both(ending::fin);
  }
  client_.write_some(now);
  if (server_)
    server_->write_some(now);
  // A request on its way still arrives after its client has gone, as it would in a network.
  const bool alone = client_.closed() || client_.ended();
  if (alone && phase_ == phase::reply && give_up_at_ == stream::instant::max()) {
    core_->reply_lost(asked_);
    give_up_at_ = now + patience_alone;
  }
  if (now >= give_up_at_ || (alone && phase_ != phase::reply && phase_ != phase::ending))
    over_ = true;
  if (phase_ == phase::ending)
    over_ = (client_.closed() || client_.ended()) && (!server_ || server_->flushed());
}

void connection::take_request() {
  auto whole = first_message(client_.in);
  if (!whole)
    return;
  client_.in.erase(0, whole->raw.size());
  asked_ = core_->look_at(std::move(*whole));
  std::string instead;
  fault_ = core_->fault_for(asked_, instead);
  phase_ = phase::reply;
  if (fault_ && fault_->again)
    core_->send_again(asked_, *fault_->again);
  if (!instead.empty()) {
    core_->reply_lost(asked_);
    return answer(std::move(instead), fault_->down);
  }
  const shape whole_of_it;
  ask_server(asked_.request.raw, fault_ ? fault_->up : whole_of_it);
}

void connection::ask_server(std::string bytes, const shape& how) {
  phase_ = phase::reply;
  const bool cut = how.most < bytes.size();
  bytes = shaped(std::move(bytes), how);
  if (!cut || !bytes.empty()) {
    server_ = std::make_unique<stream>(core_->connect_to_server());
    if (server_->closed())
      return end_both(ending::rst);
    server_->put(std::move(bytes), how.delay, how.bytes_per_ms);
  }
  if (!cut)
    return;
  if (server_)
    server_->end(ending::fin);
  core_->reply_lost(asked_);
  client_.end(how.after == ending::stay ? ending::fin : how.after);
  phase_ = how.after == ending::hole ? phase::silent : phase::ending;
}

void connection::take_reply() {
  if (!server_)
    return;
  const auto whole = first_message(server_->in, server_->ended());
  if (!whole && !server_->ended())
    return;
  if (!whole) { // it ended in mid-reply: so does the client's connection
    core_->reply_lost(asked_);
    client_.put(server_->in);
    return end_both(ending::fin);
  }
  const bool upgraded = whole->status() == 101;
  server_->in.erase(0, whole->raw.size());
  if (!upgraded) {
    server_->end(ending::rst); // it is all there: no socket has to wait for stragglers
    server_.reset();
  }
  core_->on_reply(asked_, *whole);
  const shape as_it_is;
  auto bytes = fault_ && fault_->change ? fault_->change(asked_, *whole) : whole->raw;
  if (bytes != whole->raw)
    core_->reply_lost(asked_);
  answer(std::move(bytes), fault_ ? fault_->down : as_it_is);
  if (upgraded && phase_ == phase::request)
    phase_ = phase::frames;
  else if (upgraded)
    server_->end(ending::fin);
}

void connection::answer(std::string bytes, const shape& how) {
  const bool lost = how.most < bytes.size() || how.after != ending::stay || how.flip.has_value();
  if (lost || client_.ended())
    core_->reply_lost(asked_);
  client_.put(shaped(std::move(bytes), how), how.delay, how.bytes_per_ms);
  client_.end(how.after);
  phase_ = how.after == ending::stay   ? phase::request
           : how.after == ending::hole ? phase::silent
                                       : phase::ending;
}

void connection::pass_frames(stream& from, stream& to, direction way) {
  while (phase_ == phase::frames) {
    const auto next = first_frame(from.in);
    if (!next)
      return;
    from.in.erase(0, next->raw.size());
    pass_frame(*next, to, way);
  }
}

void connection::pass_frame(const ws_frame& frame, stream& to, direction way) {
  using kind = frame_fault::kind;
  greeted_ = greeted_ || way == direction::down;
  const bool whole_text = frame.opcode == ws_frame::text && frame.final;
  if (whole_text && way == direction::up)
    core_->on_event(asked_, frame.payload);
  const frame_fault* fault = whole_text ? core_->frame_fault_for(way) : nullptr;
  std::string& held = held_[index_of(way)];
  if (!held.empty()) {
    to.put(frame.raw + std::exchange(held, {}));
    if (fault != nullptr && fault->what == kind::swap)
      core_->used(*fault);
    return;
  }
  if (fault == nullptr)
    return to.put(frame.raw);
  if (fault->what == kind::swap) { // used when another one has overtaken it
    held = frame.raw;
    held_until_[index_of(way)] = stream::clock::now() + max_hold;
    return;
  }
  const frame_fault what = *fault;
  core_->used(*fault);
  switch (what.what) {
  case kind::drop:
  case kind::swap:
    return;
  case kind::twice:
    return to.put(frame.raw + frame.raw);
  case kind::delay:
    return to.put(frame.raw, std::chrono::milliseconds(what.amount));
  case kind::cut:
    to.put(frame.raw.substr(0, std::min<std::size_t>(what.amount, frame.raw.size() - 1)));
    return end_both(ending::fin);
  case kind::corrupt:
    return to.put(frame_bytes(frame.opcode,
                              what.amount == 0 ? "\xff\xfe" + frame.payload : frame.payload + "!",
                              frame.mask_key));
  case kind::close:
    client_.put(frame_bytes(ws_frame::close, close_payload(what.amount)));
    return end_both(ending::fin);
  case kind::insert:
    return to.put(frame_bytes(ws_frame::text, what.text, frame.mask_key) + frame.raw);
  case kind::hole:
    phase_ = phase::silent;
    return;
  }
}

void connection::let_go_of_held(direction way, stream& to) {
  to.put(std::exchange(held_[index_of(way)], {}));
}

void connection::end_both(ending how) {
  client_.end(how);
  if (server_)
    server_->end(how);
  phase_ = phase::ending;
}

void connection::heal() {
  if (phase_ == phase::silent)
    end_both(ending::rst);
}

void connection::cut() {
  if (phase_ == phase::reply)
    core_->reply_lost(asked_);
  end_both(ending::rst);
}

std::optional<stream::instant> connection::next_due() const {
  std::optional<stream::instant> first;
  const auto consider = [&](const std::optional<stream::instant>& due) {
    if (due && (!first || *due < *first))
      first = due;
  };
  consider(client_.next_due());
  if (server_)
    consider(server_->next_due());
  for (const auto way : {direction::up, direction::down})
    if (!held_[index_of(way)].empty())
      consider(held_until_[index_of(way)]);
  if (give_up_at_ != stream::instant::max())
    consider(give_up_at_);
  return first;
}

} // namespace spec_kitty::chaos
