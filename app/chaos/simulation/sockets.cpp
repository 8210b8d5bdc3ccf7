// The WebSocket's server side, and the links that the processes hold.
#include "app/chaos/simulation/network.hpp"

#include <algorithm>

namespace spec_kitty::chaos::simulation {

namespace {

std::string echo_of(const std::string& line) {
  return R"({"type":"event","event":)" + line + "}";
}

std::string ack_of(const std::string& id, std::string_view status) {
  return R"({"type":"ack","event_id":")" + id + R"(","status":")" + std::string(status) + "\"}";
}

std::string error_of(const std::string& id, const std::string& more = "") {
  return R"({"type":"error","event_id":")" + id + R"(","message":"refused")" + more + "}";
}

/// A connection that goes between one process and the hub. The hub outlives it.
class simulated_link final : public ws_link {
public:
  simulated_link(socket_hub& hub, simulation_environment& around, std::shared_ptr<connection> of,
                 std::function<void(std::string)> hear)
      : hub_(hub), around_(around), of_(std::move(of)), hear_(std::move(hear)) {}
  ~simulated_link() override { hub_.end(of_, link_end::asked); }
  void send(std::vector<std::string> texts) override {
    for (auto& text : texts) {
      of_->last_up = std::max({of_->last_up, of_->read_from, around_.now + around_.latency()});
      around_.later.at(of_->last_up, [hear = hear_, text = std::move(text)] { hear(text); });
    }
  }
  void taken(std::size_t) override {}
  void close() override {
    of_->closing = true;
    around_.later.at(around_.now + around_.latency(),
                     [hub = &hub_, of = of_] { hub->end(of, link_end::asked); });
  }
  std::size_t unsent() const override { return around_.now < of_->read_from ? 1 : 0; }

private:
  socket_hub& hub_;
  simulation_environment& around_;
  std::shared_ptr<connection> of_;
  std::function<void(std::string)> hear_;
};

} // namespace

socket_hub::socket_hub(simulation_environment& around) : around_(around) {
  around_.server.on_kept = [this](const std::string& team, const std::string& line) {
    broadcast(team, line);
  };
}

link_factory socket_hub::factory(node_network& network) {
  return [this, &network](const link_request& request, link_handlers handlers) {
    auto fresh = std::make_shared<connection>();
    fresh->network = &network;
    fresh->handlers = std::move(handlers);
    std::erase_if(all_, [](const auto& link) { return !link->at_client && !link->at_server; });
    all_.push_back(fresh);
    around_.later.at(around_.now + around_.latency(),
                     [this, fresh, bearer = request.bearer] { upgrade(fresh, bearer); });
    return result<std::unique_ptr<ws_link>>(std::make_unique<simulated_link>(
        *this, around_, fresh, [this, fresh](const std::string& text) { hear(fresh, text); }));
  };
}

void socket_hub::upgrade(const std::shared_ptr<connection>& fresh, const std::string& bearer) {
  if (!fresh->at_client)
    return;
  if (around_.server_away)
    return end(fresh, link_end::unreachable);
  const auto owner = around_.server.use_socket_token(bearer);
  const auto taken = fresh->network->take_armed([](const armed_action& armed) {
    return armed.what == action::socket_refused || armed.what == action::socket_401 ||
           armed.what == action::no_snapshot || armed.what == action::unread;
  });
  if (taken && taken->what == action::socket_refused)
    return end(fresh, taken->a % 3 == 0 ? link_end::timed_out : link_end::refused,
               taken->a % 3 == 1 ? 404 : 503);
  if (!owner || (taken && taken->what == action::socket_401))
    return end(fresh, link_end::refused, 401);
  fresh->owner = *owner;
  fresh->at_server = true;
  fresh->handlers.opened();
  if (taken && taken->what == action::unread) {
    fresh->read_from = around_.now + static_cast<sim_time>(taken->a % 9'000) * ms;
    around_.later.at(fresh->read_from, [fresh] {
      if (fresh->at_client)
        fresh->handlers.drained();
    });
  }
  if (!taken || taken->what != action::no_snapshot)
    say(fresh, R"({"type":"snapshot","work_packages":[]})");
}

void socket_hub::say(const std::shared_ptr<connection>& to, std::string text) {
  to->last_down = std::max(to->last_down, around_.now + around_.latency());
  around_.later.at(to->last_down, [this, to, text = std::move(text)] {
    if (!to->at_client || to->silent)
      return;
    around_.trace.note(text);
    if (to->network->on_text)
      to->network->on_text(to, text);
    to->greeted = to->greeted || text.starts_with(R"({"type":"snapshot")");
    to->handlers.texts({text});
  });
}

void socket_hub::end(const std::shared_ptr<connection>& which, link_end how, int status) {
  which->at_server = false;
  if (!std::exchange(which->at_client, false))
    return;
  around_.trace.note(static_cast<std::uint64_t>(how));
  const auto handlers = std::exchange(which->handlers, {});
  handlers.ended({how, status, how == link_end::closed ? 1001 : 0, {}, status == 401});
}

void socket_hub::end_all() {
  for (const auto& link : std::vector(all_))
    end(link, link_end::lost);
}

std::shared_ptr<connection> socket_hub::open_of(const node_network& network) const {
  for (const auto& link : all_)
    if (link->network == &network && link->at_client && link->at_server)
      return link;
  return nullptr;
}

void socket_hub::forget(const node_network& network) {
  std::erase_if(all_, [&](const auto& link) { return link->network == &network; });
}

void socket_hub::broadcast(const std::string& team, const std::string& line) {
  for (const auto& link : all_)
    if (link->at_server && link.get() != speaking_ && link->owner.team == team)
      say(link, echo_of(line));
}

void socket_hub::hear(const std::shared_ptr<connection>& from, const std::string& text) {
  if (!from->at_server || from->silent)
    return;
  around_.trace.note(text);
  const auto message = parse_json(text);
  if (!message || text_of(*message, "type") == "pong")
    return;
  const json_value* nested = member(*message, "event");
  take(from, read_event(nested != nullptr ? *nested : *message));
}

void socket_hub::take(const std::shared_ptr<connection>& from, const sent_event& event) {
  const std::string& id = event.what.event_id;
  const auto taken = from->network->take_armed([](const armed_action& armed) {
    return armed.what == action::ack_lost || armed.what == action::ack_twice ||
           armed.what == action::ack_late || armed.what == action::ack_by_echo ||
           armed.what == action::ack_unknown || armed.what == action::socket_error ||
           armed.what == action::socket_behind;
  });
  const auto is = [&](action action) { return taken && taken->what == action; };
  if (!around_.server.keeps(id)) {
    if (is(action::socket_error)) {
      around_.server.blame(event.what.marker);
      return say(from, error_of(id));
    }
    if (is(action::socket_behind)) {
      (void)around_.server.advance_clock(1 + taken->a % 1000);
      return say(from, error_of(id, R"(,"error_code":"clock_behind")"));
    }
  }
  speaking_ = from.get();
  const auto acceptance = around_.server.take(event, from->owner);
  speaking_ = nullptr;
  if (acceptance == simulated_server::acceptance::refused)
    return say(from, error_of(id));
  if (acceptance == simulated_server::acceptance::behind)
    return say(from, error_of(id, R"(,"error_code":"clock_behind")"));
  std::string answer =
      ack_of(id, acceptance == simulated_server::acceptance::duplicate ? "duplicate" : "accepted");
  if (is(action::ack_lost))
    return;
  if (is(action::ack_by_echo))
    answer = echo_of(event.line);
  if (is(action::ack_unknown))
    answer = ack_of(id, "perhaps");
  if (is(action::ack_twice))
    say(from, answer);
  if (is(action::ack_late)) {
    around_.later.at(around_.now + static_cast<sim_time>(1'000 + taken->a % 20'000) * ms,
                     [this, from, answer] { say(from, answer); });
    return;
  }
  say(from, answer);
}

} // namespace spec_kitty::chaos::simulation
