#include "tests/actors/link/link_fixture.hpp"

#include <stdexcept>

namespace spec_kitty::support {

namespace {

constexpr const char* python = "/usr/bin/python3";

launch peer_launch(const std::string& script, const words& options) {
  launch what;
  what.argv = {python, "-B", SPEC_KITTY_SOURCE_DIR "/tests/support/" + script};
  what.argv.insert(what.argv.end(), options.begin(), options.end());
  return what;
}

int greeted_port(child& process) {
  const auto line = process.next_line();
  if (!line)
    throw std::runtime_error("the peer does not greet: " + process.wait(milliseconds(1)).err);
  return static_cast<int>(number_in(parsed(*line), {"port"}));
}

link_request request_to(const std::string& host, int port) {
  link_request request;
  request.host = host;
  request.port = port;
  request.path = "/ws/v1/events/";
  request.bearer = secret_token;
  request.connect_timeout = milliseconds(20'000);
  return request;
}

} // namespace

// ── What a link reports
// ─────────────────────────────────────────────────────────────────────────────

template <class Change>
void link_log::note(Change&& change) {
  const std::lock_guard hold(guard_);
  after_end_ += ended_.empty() ? 0 : 1;
  change();
  changed_.notify_all();
}

link_handlers link_log::handlers() {
  return {[this] { note([&] { ++opened_; }); },
          [this](std::vector<std::string> texts) {
            note([&] {
              for (auto& text : texts) {
                bytes_ += text.size();
                texts_.push_back(std::move(text));
              }
            });
          },
          [this] { note([&] { ++drained_; }); },
          [this](link_ended how) { note([&] { ended_.push_back(std::move(how)); }); }};
}

bool link_log::wait(const std::function<bool()>& condition, milliseconds patience) const {
  std::unique_lock hold(guard_);
  return changed_.wait_for(hold, patience, condition);
}

bool link_log::wait_opened() const {
  return wait([this] { return opened_ > 0 || !ended_.empty(); }) && opened() == 1 && !has_ended();
}

bool link_log::wait_texts(std::size_t count) const {
  return wait([this, count] { return texts_.size() >= count || !ended_.empty(); }) &&
         texts().size() >= count;
}

link_ended link_log::wait_ended() const {
  EXPECT_TRUE(wait([this] { return !ended_.empty(); })) << "it did not end";
  const std::lock_guard hold(guard_);
  return ended_.empty() ? link_ended{} : ended_.front();
}

bool link_log::has_ended() const {
  const std::lock_guard hold(guard_);
  return !ended_.empty();
}

std::vector<std::string> link_log::texts() const {
  const std::lock_guard hold(guard_);
  return texts_;
}

std::size_t link_log::bytes() const {
  const std::lock_guard hold(guard_);
  return bytes_;
}

int link_log::drained() const {
  const std::lock_guard hold(guard_);
  return drained_;
}

int link_log::opened() const {
  const std::lock_guard hold(guard_);
  return opened_;
}

int link_log::calls_after_end() const {
  const std::lock_guard hold(guard_);
  return after_end_;
}

open_link::open_link(link_request request) {
  auto made = spec_kitty::open_link(std::move(request), seen.handlers());
  if (!made)
    throw std::runtime_error(made.error().message);
  link = std::move(*made);
}

open_link::~open_link() {
  link.reset();
  EXPECT_TRUE(seen.has_ended()) << "the destructor returned before the end was reported";
  EXPECT_EQ(seen.calls_after_end(), 0);
  EXPECT_LE(seen.opened(), 1);
  EXPECT_EQ(seen.wait_ended().words.find(secret_token), std::string::npos);
}

// ── Peers ────────────────────────────────────────────────────────────────────────────────────────

hostile_ws::hostile_ws(const std::string& play, const std::string& address)
    : process_(peer_launch("hostile_ws.py", {play, "--address", address})), address_(address),
      port_(greeted_port(process_)) {}

link_request hostile_ws::request() const {
  return request_to(address_, port_);
}

std::string hostile_ws::next(const std::string& name, milliseconds patience) {
  while (const auto line = process_.next_line(patience)) {
    const auto what = parsed(*line);
    if (member(what, "end") != nullptr)
      break;
    if (const auto* value = member(what, name.c_str()); value != nullptr)
      return value->IsString() ? value->GetString() : to_text(*value);
  }
  return {};
}

ws_server::ws_server() : process_(peer_launch("ws_server.py", {})), port_(greeted_port(process_)) {}

link_request ws_server::request() const {
  return request_to("127.0.0.1", port_);
}

} // namespace spec_kitty::support
