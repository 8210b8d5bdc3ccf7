// What passes the proxies, for the invariants: whose token carried whose event, and how often a
// refresh token was used. One ledger for all proxies of a round, so that a token of one server is
// known at the other. Tokens stay in memory; nothing that is given out holds one.
#pragma once

#include "app/chaos/history.hpp"
#include "app/chaos/proxy/fault.hpp"

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace spec_kitty::chaos {

class ledger {
public:
  /// A request came to the proxy of that server.
  void on_request(const std::string& server, const exchange& asked);
  /// The server's own reply to it, before anything was done to it.
  void on_reply(const std::string& server, const exchange& asked, const http_text& reply);
  /// A text frame of a WebSocket that was opened with that request.
  void on_event(const std::string& server, const http_text& upgrade, std::string_view text);
  /// The reply to a refresh was changed or replaced, or its client had gone: the token may be
  /// used once more.
  void reply_lost(const exchange& asked);
  /// A process was killed: what it was asking may be asked again.
  void process_killed();

  std::vector<sending> sendings() const;
  /// Uses of refresh tokens, in order.
  std::vector<refresh_use> refreshes() const;

private:
  struct owner {
    std::string server;
    std::string team;
  };

  void allow_again(const exchange& asked);
  std::string team_at(const std::string& server, std::string_view bearer) const;

  mutable std::mutex mutex_;
  std::map<std::string, owner, std::less<>> tokens_;
  std::map<std::string, refresh_use> next_use_; ///< refresh token → what using it again would be
  std::map<std::string, std::string> keys_;     ///< refresh token → the key of its last use
  std::set<std::tuple<std::string, std::string, std::string>> sendings_;
  std::vector<refresh_use> refreshes_;
};

} // namespace spec_kitty::chaos
