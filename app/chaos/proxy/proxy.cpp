#include "app/chaos/proxy/proxy.hpp"

#include "app/chaos/views.hpp"
#include "messages/protocol.hpp"
#include "util/gzip.hpp"
#include "util/json.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace spec_kitty::chaos {

using namespace std::chrono_literals;

namespace {

using lock = std::lock_guard<std::mutex>;

constexpr std::size_t max_forwarded_bytes = std::size_t{32} << 20;
constexpr auto max_sleep = 50ms;

sockaddr_in loopback(int port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(static_cast<std::uint16_t>(port));
  out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return out;
}

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

std::vector<passing_event> events_in(const http_text& request) {
  const auto unpacked = request.header("content-encoding") == "gzip"
                            ? gunzip(request.body, max_forwarded_bytes)
                            : result<std::string>(request.body);
  const auto body = unpacked ? parse_json(*unpacked) : result<json_document>(failure{});
  const json_value* list = body && body->IsObject() ? member(*body, "events") : nullptr;
  std::vector<passing_event> out;
  if (list == nullptr || !list->IsArray())
    return out;
  for (const auto& event : list->GetArray())
    out.push_back({text_of(event, "event_id").value_or(""), marker_of(to_text(event)),
                   text_of(event, "team_slug").value_or(""),
                   static_cast<std::uint64_t>(whole_number_of(event, "lamport_clock").value_or(0)),
                   false});
  return out;
}

} // namespace

bool exchange::has_guilty() const {
  return std::any_of(events.begin(), events.end(), [](const auto& event) { return event.guilty; });
}

proxy::proxy(std::string server, int server_port, std::shared_ptr<ledger> seen)
    : server_(std::move(server)), server_port_(server_port), seen_(std::move(seen)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  waker_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  auto address = loopback(0);
  socklen_t size = sizeof address;
  if (listener_ < 0 || waker_ < 0 ||
      ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      ::listen(listener_, 128) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    fail("the proxy cannot listen");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

proxy::~proxy() {
  stopping_ = true;
  wake();
  thread_.join();
  ::close(listener_);
  ::close(waker_);
}

void proxy::wake() const {
  const std::uint64_t increment = 1;
  [[maybe_unused]] const auto written = ::write(waker_, &increment, sizeof increment);
}

void proxy::serve() {
  std::vector<pollfd> sockets;
  while (!stopping_) {
    sockets = {{listener_, POLLIN, 0}, {waker_, POLLIN, 0}};
    auto wait = max_sleep;
    {
      const lock held(mutex_);
      const auto now = stream::clock::now();
      for (auto& connection : connections_) {
        for (stream* side : {&connection.client(), connection.server()})
          if (side != nullptr && !side->closed() && (!side->ended() || side->wants_capacity(now)))
            sockets.push_back({side->socket(),
                               static_cast<short>((side->ended() ? 0 : POLLIN) |
                                                  (side->wants_capacity(now) ? POLLOUT : 0)),
                               0});
        if (const auto due = connection.next_due(); due && *due > now)
          wait = std::min(wait, std::chrono::ceil<std::chrono::milliseconds>(*due - now));
      }
    }
    ::poll(sockets.data(), sockets.size(), static_cast<int>(wait.count()));
    std::uint64_t ignored = 0;
    [[maybe_unused]] const auto read = ::read(waker_, &ignored, sizeof ignored);
    const lock held(mutex_);
    accept_all();
    step_all();
  }
}

void proxy::accept_all() {
  for (;;) {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client < 0)
      return;
    connections_.emplace_back(*this, client);
  }
}

void proxy::step_all() {
  const auto now = stream::clock::now();
  for (auto& connection : connections_) // a list: what send_again appends is stepped as well
    connection.step(now);
  connections_.remove_if([](const connection& fault) { return fault.over(); });
}

std::size_t proxy::arm(exchange_fault what) {
  const lock held(mutex_);
  exchange_faults_.push_back({++last_number_, std::move(what)});
  return last_number_;
}

std::size_t proxy::arm(frame_fault what) {
  const lock held(mutex_);
  frame_faults_.push_back({++last_number_, std::move(what)});
  return last_number_;
}

std::uint64_t proxy::used(std::size_t number) const {
  const lock held(mutex_);
  const auto found = used_.find(number);
  return found == used_.end() ? 0 : found->second;
}

void proxy::take_away(std::size_t number) {
  const lock held(mutex_);
  const auto is_it = [&](const auto& fault) { return fault.number == number; };
  exchange_faults_.remove_if(is_it);
  frame_faults_.remove_if(is_it);
}

void proxy::heal() {
  {
    const lock held(mutex_);
    exchange_faults_.clear();
    frame_faults_.clear();
    for (auto& connection : connections_)
      connection.heal();
  }
  wake();
}

std::size_t proxy::cut() {
  std::size_t websockets = 0;
  {
    const lock held(mutex_);
    for (auto& connection : connections_) {
      websockets += connection.is_websocket() ? 1 : 0;
      connection.cut();
    }
  }
  wake();
  return websockets;
}

void proxy::set_guilty(std::set<std::string> markers) {
  const lock held(mutex_);
  guilty_ = std::move(markers);
}

std::set<std::string> proxy::corrupted() const {
  const lock held(mutex_);
  return corrupted_;
}

std::size_t proxy::websockets() const {
  const lock held(mutex_);
  return static_cast<std::size_t>(
      std::count_if(connections_.begin(), connections_.end(),
                    [](const connection& fault) { return fault.is_websocket(); }));
}

std::uint64_t proxy::requests(std::string_view path) const {
  const lock held(mutex_);
  const auto found = requests_.find(path);
  return found == requests_.end() ? 0 : found->second;
}

std::size_t proxy::open() const {
  const lock held(mutex_);
  return connections_.size();
}

int proxy::connect_to_server() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto address = loopback(server_port_);
  // On loopback this answers at once, whether somebody listens or not.
  if (socket >= 0 &&
      ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return socket;
  if (socket >= 0)
    ::close(socket);
  return -1;
}

exchange proxy::look_at(http_text request) {
  exchange out;
  out.path = request.path();
  if (out.path == protocol::batch_path)
    out.events = events_in(request);
  for (auto& event : out.events)
    event.guilty = guilty_.contains(event.marker);
  out.request = std::move(request);
  ++requests_[out.path];
  seen_->on_request(server_, out);
  return out;
}

std::optional<exchange_fault> proxy::fault_for(const exchange& asked, std::string& instead) {
  for (auto at = exchange_faults_.begin(); at != exchange_faults_.end(); ++at) {
    exchange_fault& fault = at->what;
    if (!fault.path.empty() && fault.path != asked.path)
      continue;
    if (fault.instead) {
      auto replacement = fault.instead(asked);
      if (!replacement)
        continue;
      instead = std::move(*replacement);
    }
    ++used_[at->number];
    exchange_fault struck = fault;
    if (struck.up.flip)
      for (const auto& event : asked.events)
        corrupted_.insert(event.marker);
    if (fault.times > 0 && --fault.times == 0)
      exchange_faults_.erase(at);
    return struck;
  }
  return std::nullopt;
}

const frame_fault* proxy::frame_fault_for(direction way) {
  for (const auto& frame_fault : frame_faults_)
    if (frame_fault.what.way == way)
      return &frame_fault.what;
  return nullptr;
}

void proxy::used(const frame_fault& fault) {
  const auto found = std::find_if(frame_faults_.begin(), frame_faults_.end(),
                                  [&](const auto& waits) { return &waits.what == &fault; });
  ++used_[found->number];
  if (found->what.times > 0 && --found->what.times == 0)
    frame_faults_.erase(found);
}

void proxy::on_reply(const exchange& asked, const http_text& reply) {
  seen_->on_reply(server_, asked, reply);
}

void proxy::on_event(const exchange& upgrade, const std::string& text) {
  seen_->on_event(server_, upgrade.request, text);
}

void proxy::reply_lost(const exchange& asked) {
  seen_->reply_lost(asked);
}

void proxy::send_again(const exchange& asked, std::chrono::milliseconds later) {
  connections_.emplace_back(*this, asked, later);
}

} // namespace spec_kitty::chaos
