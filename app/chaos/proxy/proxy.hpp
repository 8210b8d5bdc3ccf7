// A proxy between spec-kitty and a server, on loopback, in a thread of its own.
//
//   spec-kitty ──▶ proxy ──▶ spec-kitty-server
//                    ▲ faults wait here until something comes by that they fit
//
// Without faults it changes nothing. All functions may be called from any thread.
#pragma once

#include "app/chaos/proxy/connection.hpp"
#include "app/chaos/proxy/ledger.hpp"

#include <atomic>
#include <list>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace spec_kitty::chaos {

class proxy final : public proxy_core {
public:
  /// Listens on any free port and passes on to 127.0.0.1:`server_port`. `server` is the name for
  /// the ledger. Throws std::system_error when it cannot listen.
  proxy(std::string server, int server_port, std::shared_ptr<ledger> seen);
  ~proxy() override;
  proxy(const proxy&) = delete;
  proxy& operator=(const proxy&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  int port() const { return port_; }

  /// Puts a fault up; its number, for `used` and `take_away`.
  std::size_t arm(exchange_fault what);
  std::size_t arm(frame_fault what);
  /// How often it has struck.
  std::uint64_t used(std::size_t number) const;
  /// It strikes no more.
  void take_away(std::size_t number);
  /// Takes away all faults and ends what they keep silent.
  void heal();
  /// Resets every connection; how many WebSockets were among them.
  std::size_t cut();
  /// Events that the server is to refuse, by marker.
  void set_guilty(std::set<std::string> markers);
  /// Events of batches that came to the server with a byte changed: it may well refuse them.
  std::set<std::string> corrupted() const;
  /// WebSockets that are up.
  std::size_t websockets() const;
  /// Requests for a path that came.
  std::uint64_t requests(std::string_view path) const;
  /// Connections that are open, and requests that no client waits for.
  std::size_t open() const;

  // What its connections ask; they are stepped with the mutex held.
  int connect_to_server() override;
  exchange look_at(http_text request) override;
  std::optional<exchange_fault> fault_for(const exchange& asked, std::string& instead) override;
  const frame_fault* frame_fault_for(direction way) override;
  void used(const frame_fault& fault) override;
  void on_reply(const exchange& asked, const http_text& reply) override;
  void on_event(const exchange& upgrade, const std::string& text) override;
  void reply_lost(const exchange& asked) override;
  void send_again(const exchange& asked, std::chrono::milliseconds later) override;

private:
  template <class Fault>
  struct waiting {
    std::size_t number;
    Fault what;
  };

  void serve();
  void accept_all();
  void step_all();
  void wake() const;

  std::string server_;
  int server_port_;
  std::shared_ptr<ledger> seen_;
  int listener_ = -1;
  int waker_ = -1;
  int port_ = 0;

  mutable std::mutex mutex_;
  std::list<connection> connections_;
  std::list<waiting<exchange_fault>> exchange_faults_;
  std::list<waiting<frame_fault>> frame_faults_;
  std::map<std::size_t, std::uint64_t> used_;
  std::map<std::string, std::uint64_t, std::less<>> requests_;
  std::set<std::string> guilty_;
  std::set<std::string> corrupted_;
  std::size_t last_number_ = 0;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

} // namespace spec_kitty::chaos
