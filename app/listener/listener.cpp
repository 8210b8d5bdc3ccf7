#include "app/listener/listener.hpp"

#include "app/listener/core.hpp"
#include "app/listener/http_session.hpp"
#include "app/listener/io_thread.hpp"
#include "util/signals_blocked.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <fcntl.h>

#include <algorithm>
#include <exception>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace spec_kitty::listener {

namespace {

using net::ip::tcp;

address_bytes bytes_of(const net::ip::address& address) {
  const auto whole = address.is_v4() ? net::ip::make_address_v6(net::ip::v4_mapped, address.to_v4())
                                     : address.to_v6();
  return whole.to_bytes();
}

/// Accepts on one I/O thread. Every thread has a descriptor of its own of the one socket that was
/// bound: with SO_REUSEPORT a second server of the same user would not find the port in use.
class acceptor : public std::enable_shared_from_this<acceptor> {
public:
  acceptor(io_thread& io, tcp::acceptor bound)
      : io_(io), bound_(std::move(bound)), pause_(io.context) {}

  void accept() {
    bound_.async_accept([self = shared_from_this()](const net_error& error, tcp::socket socket) {
      self->on_accepted(error, std::move(socket));
    });
  }
  void close() {
    net_error ignored;
    bound_.close(ignored);
    pause_.cancel();
  }

private:
  void on_accepted(const net_error& error, tcp::socket socket) {
    if (!bound_.is_open())
      return;
    if (error && error != net::error::connection_aborted) {
      // No descriptor or no memory: asking again at once would only burn time.
      io_.core.counters.add(&listener_counters::accept_failures);
      pause_.expires_after(io_.core.limits().accept_pause);
      pause_.async_wait([self = shared_from_this()](const net_error&) {
        if (self->bound_.is_open())
          self->accept();
      });
      return;
    }
    if (!error)
      begin(std::move(socket));
    accept();
  }

  void begin(tcp::socket socket) {
    net_error error;
    const auto peer = socket.remote_endpoint(error);
    if (error)
      return;
    const auto address = bytes_of(peer.address());
    if (!io_.core.admit(address))
      return;
    connection_ticket ticket(io_.core, address);
    socket.native_non_blocking(true, error);
    socket.set_option(tcp::no_delay(true), error);
    try {
      start_http_session(io_, std::move(socket), std::move(ticket));
    } catch (const std::exception&) {
      // Out of memory: this connection is closed, the next may find some.
    }
  }

  io_thread& io_;
  tcp::acceptor bound_;
  net::steady_timer pause_;
};

failure cannot_listen(const listener_options& options, const net_error& error) {
  const std::string place = options.address + " port " + std::to_string(options.port);
  if (error == net::error::address_in_use)
    return {ec::already_running, "listen: " + place + " is in use by another program",
            "see which one: ss -ltnp 'sport = :" + std::to_string(options.port) +
                "'; or choose another port"};
  if (error == net::error::access_denied)
    return {ec::bad_config, "listen: this user may not listen on " + place,
            "choose a port of 1024 or more, or give the service CAP_NET_BIND_SERVICE"};
  return {ec::bad_config, "listen: cannot listen on " + place + ": " + error.message(),
          "the address must be one of this machine: ip address"};
}

} // namespace

class http_listener::server {
public:
  server(listener_options options, listener_handlers handlers)
      : core_(std::move(options), std::move(handlers)) {}
  server(const server&) = delete;
  server& operator=(const server&) = delete;
  ~server() {
    try {
      stop(std::chrono::milliseconds(0));
    } catch (...) { // out of memory: what is left is cut with the threads
      stopped_ = true;
    }
  }

  result<void> start();
  void stop(std::chrono::milliseconds patience);
  listener_core& core() { return core_; }
  std::uint16_t port() const { return port_; }

private:
  struct worker {
    explicit worker(listener_core& core) : io(core) {}
    io_thread io;
    std::shared_ptr<acceptor> accepting;
    std::thread thread;
  };

  result<void> bind();
  result<void> share(tcp::acceptor& bound);
  static void run(io_thread& io);
  void on_each(void (connection::*act)());

  listener_core core_;
  std::vector<std::unique_ptr<worker>> workers_;
  std::uint16_t port_ = 0;
  bool stopped_ = false;
};

result<void> http_listener::server::start() {
  if (auto loaded = core_.load_tls(); !loaded)
    return loaded;
  for (unsigned count = std::max(core_.options.threads, 1U); count > 0; --count)
    workers_.push_back(std::make_unique<worker>(core_));
  if (auto bound = bind(); !bound)
    return bound;
  // Signals are for the program's own threads; SIGPIPE must not end it.
  const signals_blocked blocked;
  try {
    for (const auto& each : workers_)
      each->thread = std::thread([io = &each->io] { run(*io); });
  } catch (const std::system_error& error) {
    return failure{ec::overloaded, std::string("cannot create a thread: ") + error.what(), {}};
  }
  for (const auto& each : workers_)
    net::post(each->io.context, [accepting = each->accepting] { accepting->accept(); });
  return {};
}

result<void> http_listener::server::bind() {
  const auto& options = core_.options;
  net_error error;
  const auto address = net::ip::make_address(options.address, error);
  if (error)
    return failure{ec::bad_config, "listen: `" + options.address + "` is not a numeric address",
                   "write an address such as 127.0.0.1, 0.0.0.0 or ::1"};
  const tcp::endpoint endpoint(address, options.port);
  tcp::acceptor bound(workers_.front()->io.context);
  bound.open(endpoint.protocol(), error);
  if (!error)
    bound.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error)
    bound.bind(endpoint, error);
  if (!error)
    bound.listen(1024, error);
  if (error)
    return cannot_listen(options, error);
  port_ = bound.local_endpoint(error).port();
  return share(bound);
}

result<void> http_listener::server::share(tcp::acceptor& bound) {
  const auto protocol = bound.local_endpoint().protocol();
  for (std::size_t at = 1; at < workers_.size(); ++at) {
    auto& io = workers_[at]->io;
    const int copy = ::fcntl(bound.native_handle(), F_DUPFD_CLOEXEC, 0);
    if (copy < 0)
      return failure{ec::overloaded, "listen: the process has no descriptor left",
                     "raise its limit: ulimit -n, or LimitNOFILE= of its unit"};
    workers_[at]->accepting =
        std::make_shared<acceptor>(io, tcp::acceptor(io.context, protocol, copy));
  }
  auto& first = workers_.front()->io;
  workers_.front()->accepting = std::make_shared<acceptor>(first, std::move(bound));
  return {};
}

void http_listener::server::run(io_thread& io) {
  const auto stay = net::make_work_guard(io.context);
  for (;;) {
    try {
      io.context.run();
      return;
    } catch (const std::exception&) {
      // A function of the program threw, or memory ran out: its connection is gone, others stay.
    }
  }
}

/// A connection may end, and leave the set, while it is asked.
void http_listener::server::on_each(void (connection::*act)()) {
  for (const auto& each : workers_)
    net::post(each->io.context, [io = &each->io, act, accepting = each->accepting] {
      if (accepting)
        accepting->close();
      const std::vector<connection*> open(io->connections.begin(), io->connections.end());
      for (connection* asked : open)
        if (io->connections.contains(asked))
          (asked->*act)();
    });
}

void http_listener::server::stop(std::chrono::milliseconds patience) {
  if (std::exchange(stopped_, true))
    return;
  constexpr std::chrono::seconds max_cut_time(1);
  core_.stopping = true;
  const auto now = std::chrono::steady_clock::now();
  on_each(&connection::begin_stop);
  if (!core_.wait_until_empty(now + patience)) {
    on_each(&connection::cut);
    (void)core_.wait_until_empty(std::chrono::steady_clock::now() + max_cut_time);
  }
  for (const auto& each : workers_)
    each->io.context.stop();
  for (const auto& each : workers_)
    if (each->thread.joinable())
      each->thread.join();
  workers_.clear();
}

http_listener::http_listener(std::unique_ptr<server> running) : server_(std::move(running)) {}

http_listener::~http_listener() = default;

result<std::unique_ptr<http_listener>> http_listener::start(listener_options options,
                                                            listener_handlers handlers) {
  auto running = std::make_unique<server>(std::move(options), std::move(handlers));
  if (auto started = running->start(); !started)
    return started.error();
  return std::unique_ptr<http_listener>(new http_listener(std::move(running)));
}

std::uint16_t http_listener::port() const {
  return server_->port();
}

std::string http_listener::url() const {
  const auto& options = server_->core().options;
  const bool bracketed = options.address.find(':') != std::string::npos;
  return std::string(options.tls ? "https://" : "http://") + (bracketed ? "[" : "") +
         options.address + (bracketed ? "]:" : ":") + std::to_string(port());
}

result<void> http_listener::reload_tls() {
  return server_->core().load_tls();
}

std::optional<std::int64_t> http_listener::certificate_expiry() const {
  return server_->core().certificate_expiry();
}

void http_listener::stop(std::chrono::milliseconds patience) {
  server_->stop(patience);
}

listener_counters http_listener::counters() const {
  auto& core = server_->core();
  listener_counters counters = core.counters.snapshot();
  counters.requests_in_flight = *core.in_flight;
  counters.body_bytes = core.budget->taken();
  return counters;
}

} // namespace spec_kitty::listener
