// One client's connection through a proxy.
//
//   a whole request ─▶ fault? ─▶ server ─▶ a whole reply ─▶ fault? ─▶ client, and again
//                                              └─ 101: frames both ways, each with its fault
//
// Each request gets a connection of its own to the server. It is driven by the proxy's thread.
#pragma once

#include "app/chaos/proxy/fault.hpp"
#include "app/chaos/proxy/frames.hpp"
#include "app/chaos/proxy/stream.hpp"

#include <memory>
#include <vector>

namespace spec_kitty::chaos {

/// What a connection needs of its proxy.
class proxy_core {
public:
  virtual ~proxy_core() = default;
  /// A socket to the server; -1 on failure.
  virtual int connect_to_server() = 0;
  /// The request with what it carries, noted in the ledger.
  virtual exchange look_at(http_text request) = 0;
  /// The fault that strikes this exchange, used up by it; `instead` gives the reply to give.
  virtual std::optional<exchange_fault> fault_for(const exchange& asked, std::string& instead) = 0;
  /// The fault waiting for a frame of that direction, not yet used.
  virtual const frame_fault* frame_fault_for(direction way) = 0;
  virtual void used(const frame_fault& fault) = 0;
  virtual void on_reply(const exchange& asked, const http_text& reply) = 0;
  virtual void on_event(const exchange& upgrade, const std::string& text) = 0;
  virtual void reply_lost(const exchange& asked) = 0;
  /// Sends a request once more on a connection of its own; its reply is thrown away.
  virtual void send_again(const exchange& asked, std::chrono::milliseconds later) = 0;
};

class connection {
public:
  connection(proxy_core& core, int client);
  /// One that only sends a request, so much later, and throws the reply away.
  connection(proxy_core& core, exchange asked, std::chrono::milliseconds later);

  stream& client() { return client_; }
  stream* server() { return server_.get(); }
  /// Does whatever can be done now.
  void step(stream::instant now);
  bool over() const { return over_; }
  /// A WebSocket on which something has come from the server.
  bool is_websocket() const { return phase_ == phase::frames && greeted_; }
  /// Lets go of what a fault holds: silence ends, frames held back are passed on.
  void heal();
  /// Resets both sides, whatever is under way.
  void cut();
  /// When it wants to be stepped next although nothing comes.
  std::optional<stream::instant> next_due() const;

private:
  enum class phase { request, reply, frames, silent, ending };

  void take_request();
  void take_reply();
  void ask_server(std::string bytes, const shape& how);
  void answer(std::string bytes, const shape& how);
  void pass_frames(stream& from, stream& to, direction way);
  void pass_frame(const ws_frame& frame, stream& to, direction way);
  void let_go_of_held(direction way, stream& to);
  void end_both(ending how);

  proxy_core* core_;
  stream client_;
  std::unique_ptr<stream> server_;
  phase phase_ = phase::request;
  exchange asked_;
  std::optional<exchange_fault> fault_;
  std::string held_[2];           ///< a frame to be overtaken by the next, by direction
  stream::instant held_until_[2]; ///< when it is passed on alone
  stream::instant give_up_at_;    ///< for what no client waits for any more
  bool greeted_ = false;
  bool over_ = false;
};

} // namespace spec_kitty::chaos
