#include "app/server/dev/socket_faults.hpp"

#include "app/server/core/socket_message.hpp"
#include "app/server/dev/activity.hpp"
#include "util/json.hpp"

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spec_kitty::server::dev {

namespace {

using text_ptr = std::shared_ptr<const std::string>;

constexpr std::uint16_t cut_code = 1006; // RFC 6455, 7.4.1: in no close frame
constexpr std::chrono::milliseconds drain_look{5};
constexpr int max_drain_looks = 400;
constexpr std::size_t max_kept_texts = 100'000;

bool is_of_type(std::string_view text, std::string_view type) {
  constexpr std::string_view begin = R"({"type":")";
  return text.starts_with(begin) && text.substr(begin.size()).starts_with(type) &&
         text.substr(begin.size() + type.size()).starts_with('"');
}

text_ptr padded(const std::string& snapshot, std::size_t bytes) {
  constexpr std::string_view member = R"(,"padding":"")";
  if (snapshot.size() + member.size() >= bytes || !snapshot.ends_with('}'))
    return std::make_shared<const std::string>(snapshot);
  std::string text = snapshot;
  text.pop_back();
  text.append(R"(,"padding":")").append(bytes - snapshot.size() - member.size(), 'x');
  return std::make_shared<const std::string>(text + "\"}");
}

/// Closes the channel once what it was given has been written.
void close_when_drained(const std::shared_ptr<fault_play>& play,
                        const std::weak_ptr<listener::websocket_channel>& channel, int looks) {
  play->later->after(drain_look, [play = std::weak_ptr(play), channel, looks] {
    const auto still = play.lock();
    const auto open = channel.lock();
    if (!still || !open)
      return;
    if (open->unsent() == 0 || looks == 0)
      open->close(still->rules.close_code);
    else
      close_when_drained(still, channel, looks - 1);
  });
}

/// The server's end of a socket.
class faulty_channel : public listener::websocket_channel {
public:
  faulty_channel(std::shared_ptr<websocket_channel> socket, std::shared_ptr<fault_play> play)
      : socket_(std::move(socket)), play_(std::move(play)) {}

  bool send(text_ptr text, std::uint64_t mark) override;
  void resume() override { socket_->resume(); }
  void close(std::uint16_t code, std::string reason) override {
    socket_->close(code, std::move(reason));
  }
  std::size_t unsent() const override { return socket_->unsent(); }

  /// Whether the message is passed on to the server.
  bool take(const listener::websocket_message& message);
  void cut() { socket_->close(cut_code); }

private:
  bool answer(const text_ptr& text, std::uint64_t mark);
  void keep(const std::string& id, std::string event);
  std::string text_of_event(const std::string& id);
  void say(std::string_view what, std::string_view id) const {
    if (play_->log.say)
      play_->log.say(socket_line(what, id, play_->log.json));
  }

  const std::shared_ptr<websocket_channel> socket_;
  const std::shared_ptr<fault_play> play_;
  std::mutex guard_;
  std::vector<std::shared_ptr<const void>> stalled_; ///< messages that are never taken
  std::map<std::string, std::string> texts_;         ///< of events, until their answer
  unsigned answered_ = 0;
};

bool faulty_channel::send(text_ptr text, std::uint64_t mark) {
  const fault_rules& rules = play_->rules;
  if (is_of_type(*text, "snapshot")) {
    if (!rules.snapshot)
      return true;
    if (rules.snapshot_bytes > 0)
      text = padded(*text, rules.snapshot_bytes);
  } else if (is_of_type(*text, "ack") || is_of_type(*text, "error")) {
    return answer(text, mark);
  }
  return socket_->send(std::move(text), mark);
}

bool faulty_channel::answer(const text_ptr& text, std::uint64_t mark) {
  const fault_rules& rules = play_->rules;
  const auto parsed = parse_json(*text);
  const std::string id = parsed ? text_of(*parsed, "event_id").value_or("") : "";
  const std::string status = parsed ? text_of(*parsed, "status").value_or("rejected") : "rejected";
  const std::string event = text_of_event(id);
  if (status == "accepted" && !event.empty())
    play_->kept.note(event + "\n");
  if (!id.empty())
    say(status, id);
  bool sent = true;
  if (rules.ack && rules.ack_by_echo && status != "rejected" && !event.empty())
    sent = socket_->send(std::make_shared<const std::string>(event_message(event)), mark);
  else if (rules.ack)
    sent = socket_->send(text, mark);
  if (rules.close_after_events > 0) {
    const std::lock_guard hold(guard_);
    if (++answered_ == rules.close_after_events)
      close_when_drained(play_, socket_, max_drain_looks);
  }
  return sent;
}

void faulty_channel::keep(const std::string& id, std::string event) {
  const std::lock_guard hold(guard_);
  if (texts_.size() < max_kept_texts)
    texts_[id] = std::move(event);
}

std::string faulty_channel::text_of_event(const std::string& id) {
  const std::lock_guard hold(guard_);
  auto node = texts_.extract(id);
  return node.empty() ? std::string() : std::move(node.mapped());
}

bool faulty_channel::take(const listener::websocket_message& message) {
  const fault_rules& rules = play_->rules;
  // A client that resumes is connected when that is answered: the faults are of what comes after.
  if ((rules.stall || rules.ignore_events) && !message.binary &&
      read_socket_message(message.text).what == socket_message::kind::resume)
    return true;
  if (rules.stall) {
    const std::lock_guard hold(guard_);
    stalled_.push_back(message.hold);
    return false;
  }
  if (rules.ignore_events)
    return false;
  if (message.binary || (!rules.looks_at_events() && !rules.ack_by_echo))
    return true;
  socket_message read = read_socket_message(message.text);
  const auto event = read.what == socket_message::kind::event
                         ? parse_json(read.event)
                         : result<json_document>(failure{ec::bad_input, "no event", {}});
  if (!event)
    return true;
  if (const auto held = play_->events.judge(*event)) {
    if (held->status == "error")
      (void)answer(std::make_shared<const std::string>(
                       error_message(read.event_id, held->message, "refused")),
                   0);
    return false;
  }
  keep(read.event_id, std::move(read.event));
  return true;
}

} // namespace

listener::websocket_events with_faults(listener::websocket_events server,
                                       const std::shared_ptr<fault_play>& play) {
  const auto channel = std::make_shared<std::shared_ptr<faulty_channel>>(); // from on_open on
  const auto say = [play](std::string_view what) {
    if (play->log.say)
      play->log.say(socket_line(what, {}, play->log.json));
  };
  listener::websocket_events events = server;
  events.on_open = [play, channel, say,
                    inner = server.on_open](std::shared_ptr<listener::websocket_channel> socket) {
    *channel = std::make_shared<faulty_channel>(std::move(socket), play);
    say("connected");
    if (play->rules.cut_every_ms > 0)
      play->later->after(std::chrono::milliseconds(play->rules.cut_every_ms),
                         [weak = std::weak_ptr(*channel)] {
                           if (const auto open = weak.lock())
                             open->cut();
                         });
    inner(*channel);
  };
  events.on_message = [channel, inner = server.on_message](listener::websocket_message message) {
    if ((*channel)->take(message))
      inner(std::move(message));
  };
  events.on_closed = [channel, say, inner = server.on_closed](listener::websocket_end end) {
    say("closed");
    inner(std::move(end));
    channel->reset();
  };
  return events;
}

} // namespace spec_kitty::server::dev
