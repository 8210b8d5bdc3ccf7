#include "app/listener/http_session.hpp"

#include "app/listener/websocket_session.hpp"
#include "util/text.hpp"
#include "util/timestamp.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <exception>
#include <vector>

namespace spec_kitty::listener {

namespace {

constexpr auto as_result = net::as_tuple(net::use_awaitable);
constexpr std::size_t max_buffered = 80 * 1024; ///< pipelined requests, and a body's pieces
constexpr std::size_t head_piece = 4 * 1024;
constexpr std::size_t body_piece = 64 * 1024;
constexpr std::size_t reply_piece = 256 * 1024; ///< goes out before other connections have a turn

/// For async_write, which takes 64 KiB at a time without it.
std::size_t by_reply_pieces(const net_error& error, std::size_t /*sent*/) {
  return error ? 0 : reply_piece;
}

net::awaitable<void> run_session(std::shared_ptr<http_session> session) {
  co_await session->run();
}

} // namespace

http_session::http_session(io_thread& io, std::shared_ptr<stream> bytes, connection_ticket ticket)
    : io_(io), core_(io.core), stream_(std::move(bytes)), ticket_(std::move(ticket)),
      buffer_(max_buffered) {
  io_.connections.insert(this);
}

http_session::~http_session() {
  io_.connections.erase(this);
}

void http_session::begin_stop() {
  if (idle_)
    stream_->cancel();
}

void http_session::cut() {
  if (stream_)
    stream_->close();
  if (waiting_ != nullptr)
    waiting_->cancel();
}

std::string_view http_session::unread() const {
  const auto bytes = buffer_.data();
  return {static_cast<const char*>(bytes.data()), bytes.size()};
}

net::awaitable<void> http_session::run() {
  if (!co_await shake_hands())
    co_return;
  next then = next::request;
  for (bool first = true; then == next::request; first = false) {
    if (!co_await wait_for_request(first))
      then = next::finish;
    else
      then = co_await serve();
  }
  if (then == next::upgraded)
    co_return;
  if (then != next::drop)
    co_await finish(then == next::linger);
  stream_->close();
}

net::awaitable<bool> http_session::shake_hands() {
  if (!stream_->has_tls())
    co_return true;
  stream_->expires_after(core_.limits().tls_handshake);
  idle_ = true;
  const auto [error, bytes] = co_await stream_->async_handshake(as_result);
  idle_ = false;
  core_.counters.add(error ? &listener_counters::tls_failures : &listener_counters::tls_handshakes);
  if (error)
    stream_->close();
  co_return !error;
}

net::awaitable<bool> http_session::wait_for_request(bool first) {
  if (buffer_.size() > 0)
    co_return true;
  if (is_stopping())
    co_return false;
  buffer_.shrink_to_fit();
  stream_->expires_after(first ? core_.limits().first_request : core_.limits().idle);
  idle_ = true;
  const auto [error, bytes] =
      co_await stream_->async_read_some(buffer_.prepare(head_piece), as_result);
  idle_ = false;
  if (error == net::error::timed_out)
    core_.counters.add(&listener_counters::timeouts_idle);
  buffer_.commit(bytes);
  co_return !error;
}

/// The whole head, raw; nothing when the peer is gone.
net::awaitable<std::optional<gate_verdict>> http_session::read_head() {
  stream_->expires_after(core_.limits().head);
  head_gate gate(core_.limits());
  for (;;) {
    const auto verdict = gate.look(unread());
    if (verdict.state != gate_state::incomplete)
      co_return verdict;
    const auto [error, bytes] =
        co_await stream_->async_read_some(buffer_.prepare(head_piece), as_result);
    if (error == net::error::timed_out) {
      core_.counters.add(&listener_counters::timeouts_head);
      co_return gate_verdict{gate_state::refused, 0, 0, 408, "the head came too slowly"};
    }
    if (error)
      co_return std::nullopt;
    buffer_.commit(bytes);
  }
}

net::awaitable<http_session::next> http_session::serve() {
  started_ = std::chrono::steady_clock::now();
  request_ = {};
  request_.id = core_.next_request_id();
  method_.clear();
  path_.clear();
  peer_ = format_address(ticket_->peer());
  received_ = 0;
  version_1_0_ = head_only_ = keep_alive_ = false;
  const auto head = co_await read_head();
  if (!head)
    co_return next::drop;
  if (head->state == gate_state::refused) {
    core_.counters.add(&listener_counters::heads_refused);
    co_return co_await refuse(
        {head->status, head->status == 408 ? "timeout" : "bad_head", head->reason});
  }
  if (!parse_head(*head))
    co_return co_await refuse({400, "bad_head", "the head cannot be parsed"});
  if (const auto why = judge_request(request_, framing()))
    co_return co_await refuse(*why);
  const auto& paths = core_.options.websocket_paths;
  if (std::find(paths.begin(), paths.end(), request_.path) != paths.end()) {
    if (const auto why = judge_upgrade(request_, framing()))
      co_return co_await refuse(*why);
    co_return co_await upgrade();
  }
  co_return co_await answer_request();
}

bool http_session::parse_head(const gate_verdict& head) {
  parser_ = std::make_unique<request_parser>(core_.limits());
  const auto text = unread().substr(head.skipped, head.size - head.skipped);
  const bool parsed = parser_->put_head(text, core_.budget);
  buffer_.consume(head.size);
  if (!parsed)
    return false;
  parser_->read_head(request_);
  version_1_0_ = parser_->is_version_1_0();
  keep_alive_ = parser_->keep_alive();
  head_only_ = request_.method == "HEAD";
  method_ = request_.method;
  const auto target = parse_target(parser_->target());
  request_.path = target.path;
  request_.query = target.query;
  if (request_.method == "OPTIONS" && parser_->target() == "*")
    request_.path = "*";
  path_ = request_.path;
  request_.content_encoding = lower_case(request_.header("content-encoding"));
  if (request_.content_encoding == "identity")
    request_.content_encoding.clear();
  note_peer(request_, ticket_->peer(), core_.options.proxies, stream_->has_tls());
  peer_ = request_.peer;
  return true;
}

request_framing http_session::framing() const {
  return {version_1_0_,      parser_->is_chunked(),   parser_->has_length(),
          parser_->length(), core_.limits().max_body, buffer_.size() > 0};
}

net::awaitable<http_session::next> http_session::answer_request() {
  if (core_.handlers.on_head) {
    head_decision decision = core_.handlers.on_head(request_);
    if (decision.refusal) {
      const bool keep_alive = keep_alive_ && !parser_->has_body() && !decision.refusal->close;
      co_return co_await write_reply(std::move(*decision.refusal), keep_alive);
    }
    parser_->set_max_body(decision.max_body.value_or(core_.limits().max_body));
    if (parser_->announces_too_much())
      co_return co_await refuse({413, "too_large", "the body is larger than this path takes"});
  }
  if (parser_->has_body()) {
    const auto why = co_await read_body();
    if (why && why->status == 0)
      co_return next::drop;
    if (why)
      co_return co_await refuse(*why);
  }
  auto [body, hold] = parser_->take_body();
  request_.body = std::move(body);
  request_.body_hold = std::move(hold);
  parser_.reset();
  if (core_.in_flight->load() >= core_.limits().max_requests_in_flight)
    co_return co_await refuse({503, "overloaded", "too many requests are under way"});
  outbound_reply reply = co_await ask<outbound_reply>(core_.handlers.on_request);
  if (!stream_->is_open())
    co_return next::drop;
  const bool keep_alive = keep_alive_ && !reply.close;
  co_return co_await write_reply(std::move(reply), keep_alive);
}

net::awaitable<bool> http_session::send_continue() {
  if (version_1_0_ || buffer_.size() > 0 || request_.header("expect").empty())
    co_return true;
  constexpr std::string_view text = "HTTP/1.1 100 Continue\r\n\r\n";
  const auto [error, bytes] =
      co_await net::async_write(*stream_, net::buffer(text.data(), text.size()), as_result);
  co_return !error;
}

/// Nothing: the body is complete. Status 0: the peer is gone.
net::awaitable<std::optional<refusal>> http_session::read_body() {
  const auto begun = std::chrono::steady_clock::now();
  stream_->expires_after(core_.limits().body_grace);
  if (!co_await send_continue())
    co_return refusal{};
  for (;;) {
    std::size_t used = 0;
    const auto state = parser_->put_body(unread(), used);
    buffer_.consume(used);
    received_ = parser_->received();
    if (state == body_state::complete)
      co_return std::nullopt;
    if (state != body_state::more) {
      core_.counters.add(&listener_counters::bodies_refused);
      if (state == body_state::too_large)
        co_return refusal{413, "too_large", "the body is larger than this server takes"};
      if (state == body_state::over_budget)
        co_return refusal{503, "overloaded", "too many bodies are under way"};
      co_return refusal{400, "bad_body", "the body is not framed as announced"};
    }
    const auto spent = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - begun);
    const auto left = body_deadline(received_, core_.limits()) - spent;
    stream_->expires_after(std::max(left, std::chrono::milliseconds(0)));
    const std::size_t piece = buffer_.max_size() - buffer_.size();
    const auto [error, bytes] = co_await stream_->async_read_some(
        buffer_.prepare(std::min(piece, received_ > head_piece ? body_piece : head_piece)),
        as_result);
    buffer_.commit(bytes);
    if (error == net::error::timed_out) {
      core_.counters.add(&listener_counters::timeouts_body);
      co_return refusal{408, "timeout", "the body came too slowly"};
    }
    if (error == net::error::eof)
      co_return refusal{400, "bad_body", "the connection ended before the body"};
    if (error)
      co_return refusal{};
  }
}

template <class Answer, class Handler>
void http_session::hand_over(const Handler& handler, const once_callback<Answer>& callback) {
  core_.counters.add(&listener_counters::requests);
  const std::string id = request_.id;
  try {
    handler(std::move(request_), callback);
  } catch (const std::exception&) {
    callback(error_reply(500, "internal", "the server failed on this request", id));
  }
  request_ = {};
  request_.id = id;
}

/// Hands the request over and waits, at most as long as the limit says.
template <class Answer, class Handler>
net::awaitable<Answer> http_session::ask(const Handler& handler) {
  stream_->expires_never();
  const auto slot = std::make_shared<answer_slot<Answer>>(stream_->get_executor());
  slot->wake.expires_after(core_.limits().handling);
  waiting_ = &slot->wake;
  hand_over(handler, callback_into(slot, io_.mailbox, core_.in_flight));
  while (!slot->answer && stream_->is_open()) {
    const auto [cancelled] = co_await slot->wake.async_wait(as_result);
    if (!cancelled)
      break;
  }
  waiting_ = nullptr;
  if (slot->answer)
    co_return std::move(*slot->answer);
  core_.counters.add(&listener_counters::timeouts_handling);
  co_return refusal_reply({503, "timeout", "the server did not answer in time"}, request_.id);
}

net::awaitable<http_session::next> http_session::upgrade() {
  parser_.reset();
  if (core_.in_flight->load() >= core_.limits().max_requests_in_flight)
    co_return co_await refuse({503, "overloaded", "too many requests are under way"});
  const inbound_request asked = request_;
  upgrade_answer answer = co_await ask<upgrade_answer>(core_.handlers.on_upgrade);
  if (!stream_->is_open())
    co_return next::drop;
  if (auto* reply = std::get_if<outbound_reply>(&answer)) {
    const bool keep_alive = keep_alive_ && !reply->close;
    co_return co_await write_reply(std::move(*reply), keep_alive);
  }
  auto self = shared_from_this();
  start_websocket(io_, std::move(stream_), std::move(*ticket_), asked,
                  std::move(std::get<websocket_events>(answer)),
                  [self](bool accepted) { self->record(accepted ? 101 : 0, 0); });
  ticket_.reset();
  co_return next::upgraded;
}

net::awaitable<http_session::next> http_session::refuse(const refusal& why) {
  return write_reply(refusal_reply(why, request_.id), false);
}

/// Head and body go out in one write, so that a small reply is one segment and one TLS record.
net::awaitable<http_session::next> http_session::write_reply(outbound_reply reply,
                                                             bool keep_alive) {
  keep_alive = keep_alive && !is_stopping();
  const bool unread_body = parser_ != nullptr || buffer_.size() > 0;
  reply_form form{version_1_0_, keep_alive, head_only_, request_.id, wall_clock_now() / 1'000'000};
  const std::string head = reply_head(reply, form);
  std::array<net::const_buffer, 2> parts = {net::buffer(head), net::const_buffer()};
  if (has_reply_body(reply.status, head_only_))
    parts[1] = net::buffer(reply.body);
  stream_->expires_after(core_.limits().reply);
  const auto [error, sent] = co_await net::async_write(*stream_, parts, by_reply_pieces, as_result);
  if (error == net::error::timed_out)
    core_.counters.add(&listener_counters::timeouts_reply);
  record(error ? 0 : reply.status, sent);
  if (error)
    co_return next::drop;
  if (keep_alive)
    co_return next::request;
  co_return unread_body ? next::linger : next::finish;
}

/// The last words. After a refusal the peer may still be sending: what comes is read and passed
/// over for a while, since a reset would destroy the reply on its way.
net::awaitable<void> http_session::finish(bool after_refusal) {
  stream_->expires_after(core_.limits().linger);
  const auto [error, none] = co_await stream_->async_finish(as_result);
  if (error || !after_refusal)
    co_return;
  thread_local std::array<char, 16 * 1024> scratch;
  for (std::size_t read = 0; read < core_.limits().max_linger_bytes;) {
    const auto [ended, bytes] = co_await stream_->async_discard(scratch, as_result);
    if (ended)
      co_return;
    read += bytes;
  }
}

void http_session::record(int status, std::size_t sent) {
  if (status >= 500)
    core_.counters.add(&listener_counters::replies_5xx);
  else if (status >= 400)
    core_.counters.add(&listener_counters::replies_4xx);
  else if (status > 0)
    core_.counters.add(&listener_counters::replies_2xx);
  if (!core_.handlers.on_finished)
    return;
  finished_request finished;
  finished.id = request_.id;
  finished.method = method_;
  finished.path = path_;
  finished.peer = peer_;
  finished.status = status;
  finished.received = received_;
  finished.sent = sent;
  finished.took = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - started_);
  core_.handlers.on_finished(finished);
}

void start_http_session(io_thread& io, net::ip::tcp::socket socket, connection_ticket ticket) {
  const auto context = io.core.tls();
  auto bytes = std::make_shared<stream>(std::move(socket), context.get());
  auto session = std::make_shared<http_session>(io, std::move(bytes), std::move(ticket));
  // A session that fails, for want of memory, ends with its connection.
  net::co_spawn(io.context, run_session(std::move(session)), [](const std::exception_ptr&) {});
}

} // namespace spec_kitty::listener
