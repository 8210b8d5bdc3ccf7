// One process's network: exchanges over HTTP and WebSocket connections, with what happens to them
// on the way.
//
//   HTTP ──request──▶ (lost, late, twice) ──▶ server ──reply──▶ (lost, late, cut) ──▶ HTTP
//   LINK ──text─────▶ in order, after a while ──▶ server ──ack, events──▶ LINK
#pragma once

#include "actors/http/client.hpp"
#include "actors/link/link.hpp"
#include "app/chaos/simulation/simulation_environment.hpp"

#include <deque>
#include <memory>
#include <vector>

namespace spec_kitty::chaos::simulation {

class node_network;

/// One WebSocket connection.
struct connection {
  node_network* network = nullptr;
  link_handlers handlers;
  simulated_server::owner owner;
  bool at_client = true;  ///< the client has it and does not know of its end
  bool at_server = false; ///< the server has it
  bool closing = false;   ///< the client has closed it: it hears nothing any more
  bool silent = false;    ///< nothing comes through any more, either way
  bool greeted = false;   ///< the snapshot has come
  sim_time last_up = 0;   ///< when the last message arrives that is on its way
  sim_time last_down = 0;
  sim_time read_from = 0; ///< until then the server reads nothing
};

/// Every connection of every process, as the server sees them.
class socket_hub {
public:
  explicit socket_hub(simulation_environment& around);

  link_factory factory(node_network& network);
  /// Sends a client a message: it arrives after all messages sent to it before.
  void say(const std::shared_ptr<connection>& to, std::string text);
  void end(const std::shared_ptr<connection>& which, link_end how, int status = 0);
  /// The connection of a process that is open; nullptr if none is open.
  std::shared_ptr<connection> open_of(const node_network& network) const;
  void forget(const node_network& network);
  void end_all();

private:
  void upgrade(const std::shared_ptr<connection>& fresh, const std::string& bearer);
  void hear(const std::shared_ptr<connection>& from, const std::string& text);
  void take(const std::shared_ptr<connection>& from, const sent_event& event);
  void broadcast(const std::string& team, const std::string& line);

  simulation_environment& around_;
  std::vector<std::shared_ptr<connection>> all_;
  const connection* speaking_ = nullptr;
};

class node_network {
public:
  using finish = std::shared_ptr<http_client::completion>;

  explicit node_network(simulation_environment& around) : around_(around) {}

  http_client_factory client();
  void exchange(http_request request, const finish& done);
  void arm(armed_action what) { armed_.push_back(std::move(what)); }
  void disarm() { armed_.clear(); }
  /// The first armed action that fits takes effect now: it leaves the list.
  std::optional<armed_action> take_armed(const std::function<bool(const armed_action&)>& fits);

  /// Called with a text that a client is about to receive, and of a server clock that a batch
  /// brought.
  std::function<void(const std::shared_ptr<connection>&, const std::string&)> on_text;
  std::function<void(std::uint64_t)> on_server_clock;
  /// Tampers with a reply: for a self-test's broken variant.
  std::function<void(const http_request&, http_reply&)> tamper;

private:
  simulated_exchange_fault treat(const http_request& request);
  void reply_later(sim_time when, const std::shared_ptr<http_request>& request, const finish& done,
                   http_reply reply);
  void complete(const std::shared_ptr<http_request>& request, const finish& done, http_reply reply);

  simulation_environment& around_;
  std::deque<armed_action> armed_;
};

} // namespace spec_kitty::chaos::simulation
