#include "app/chaos/simulation/network.hpp"

#include "actors/clock/causality.hpp"
#include "messages/protocol.hpp"

#include <algorithm>

namespace spec_kitty::chaos::simulation {

namespace {

http_reply not_answered(http_outcome how) {
  http_reply reply;
  reply.outcome = how;
  reply.error = "simulated";
  return reply;
}

/// The client that HTTP has: what is open when it goes is cancelled, as with the real one.
class simulated_client final : public http_client {
public:
  explicit simulated_client(node_network& network) : network_(network) {}
  ~simulated_client() override {
    for (const auto& link : open_)
      if (auto done = std::exchange(*link, nullptr))
        done(not_answered(http_outcome::cancelled));
  }
  void start(http_request request, completion completed) override {
    std::erase_if(open_, [](const auto& link) { return *link == nullptr; });
    open_.push_back(std::make_shared<completion>(std::move(completed)));
    network_.exchange(std::move(request), open_.back());
  }

private:
  node_network& network_;
  std::vector<node_network::finish> open_;
};

/// The server's clock in the reply to a batch, where the client has to believe it.
std::optional<std::uint64_t> server_clock_in(const http_reply& reply) {
  if (reply.status != 200 || reply.body.find("server_clock") == std::string::npos)
    return std::nullopt;
  const auto body = parse_json(reply.body);
  const json_value* results = body ? member(*body, "results") : nullptr;
  const json_value* clock = body ? member(*body, "server_clock") : nullptr;
  if (results == nullptr || !results->IsArray() || clock == nullptr || !clock->IsUint64() ||
      clock->GetUint64() > max_received)
    return std::nullopt;
  return clock->GetUint64();
}

} // namespace

http_client_factory node_network::client() {
  return [this] {
    return result<std::unique_ptr<http_client>>(std::make_unique<simulated_client>(*this));
  };
}

std::optional<armed_action>
node_network::take_armed(const std::function<bool(const armed_action&)>& fits) {
  const auto found = std::find_if(armed_.begin(), armed_.end(), fits);
  if (found == armed_.end())
    return std::nullopt;
  armed_action taken = std::move(*found);
  armed_.erase(found);
  *taken.done = true;
  return taken;
}

simulated_exchange_fault node_network::treat(const http_request& request) {
  const bool is_batch = goes_to(request, protocol::batch_path);
  const auto taken = take_armed([&](const armed_action& armed) {
    const action_kind kind = spec_of(armed.what).kind;
    return kind == action_kind::exchange || (kind == action_kind::batch && is_batch);
  });
  return taken ? simulated_exchange_fault{taken->what, taken->a, taken->b}
               : simulated_exchange_fault{};
}

void node_network::complete(const std::shared_ptr<http_request>& request, const finish& done,
                            http_reply reply) {
  const auto deliver_reply = std::exchange(*done, nullptr);
  if (!deliver_reply)
    return; // it came too late
  reply.bytes_sent = request->body.size();
  if (tamper)
    tamper(*request, reply);
  around_.trace.note(static_cast<std::uint64_t>(reply.status));
  around_.trace.note(reply.body);
  if (goes_to(*request, protocol::batch_path) && on_server_clock)
    if (const auto clock = server_clock_in(reply))
      on_server_clock(*clock);
  deliver_reply(std::move(reply));
}

void node_network::reply_later(sim_time when, const std::shared_ptr<http_request>& request,
                               const finish& done, http_reply reply) {
  around_.later.at(when, [this, request, done, reply = std::move(reply)]() mutable {
    complete(request, done, std::move(reply));
  });
}

void node_network::exchange(http_request asked, const finish& done) {
  const auto request = std::make_shared<http_request>(std::move(asked));
  around_.trace.note(request->url);
  around_.trace.note(request->body);
  const simulated_exchange_fault how = treat(*request);
  const sim_time timeout = request->timeout.count() * ms;
  const sim_time arrives = around_.now + around_.latency();
  reply_later(around_.now + timeout, request, done, not_answered(http_outcome::timed_out));
  const auto break_off = [&] { // else it takes all its time
    if (how.a % 2 == 0)
      reply_later(around_.now + around_.latency(), request, done,
                  not_answered(http_outcome::broken));
  };
  if (around_.server_away || how.is(action::unreachable))
    return reply_later(arrives, request, done, not_answered(http_outcome::unreachable));
  if (how.is(action::request_lost))
    return break_off();

  const auto serve = [this, request, how] {
    auto reply = around_.server.handle(*request, how, around_.server_now_s());
    if (how.is(action::cut_json))
      reply.body.resize(reply.body.size() * (how.a % 16) / 16);
    return reply;
  };
  if (how.is(action::request_late)) { // long after the client has given it up
    around_.later.at(around_.now + static_cast<sim_time>(1 + how.b % 40'000) * ms,
                     [serve] { (void)serve(); });
    return break_off();
  }
  if (how.is(action::reply_lost)) {
    around_.later.at(arrives, [serve] { (void)serve(); });
    return break_off();
  }
  if (how.is(action::request_twice))
    around_.later.at(arrives + static_cast<sim_time>(how.b % 8'000) * ms,
                     [serve] { (void)serve(); });
  const sim_time more =
      how.is(action::slow_reply) ? static_cast<sim_time>(how.b % 12'000) * ms : around_.latency();
  around_.later.at(arrives, [this, serve, more, request, done] {
    reply_later(around_.now + more, request, done, serve());
  });
}

} // namespace spec_kitty::chaos::simulation
