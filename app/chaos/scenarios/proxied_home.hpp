// A home that reaches its server through a proxy: emitters, `sync now` and a daemon in it, and what
// the invariants have to know in the end.
#pragma once

#include "app/chaos/installation.hpp"
#include "app/chaos/proxy/proxy.hpp"

#include <functional>
#include <set>

namespace spec_kitty::chaos {

/// How the events of a home get to the server.
enum class drainer : std::uint64_t { sync_now, batches, websocket };

class proxied_home {
public:
  /// Starts a server with those options and logs in. Requests are waited for a second at most, and
  /// the daemon makes no pauses. Throws std::runtime_error when the login fails.
  proxied_home(const stage& where, words server_options = {});
  ~proxied_home();

  installation all;
  std::shared_ptr<ledger> seen = std::make_shared<ledger>();
  std::unique_ptr<proxy> line;

  bool log_in();
  /// Starts the daemon that drains in this way, ends it where `sync now` does; leaves one that is
  /// the right one.
  void drain_by(drainer by);
  /// Ends the daemon, if there is one. `signal`: how.
  void end_daemon(int signal);
  /// Hands the emitter a few events, unless many are open.
  void feed(std::size_t count);
  /// Feeds now and then until the condition holds, or patience ends.
  bool work_until(const std::function<bool()>& condition, std::chrono::milliseconds patience);
  /// Looks for blame on innocent events: what is delivered later takes it along.
  void look_for_blame();
  /// Ends everything but the server, heals, and judges.
  std::vector<violation> finish(outcome& out);

private:
  std::unique_ptr<emitter> emitter_;
  std::unique_ptr<support::child> daemon_;
  drainer drainer_ = drainer::sync_now;
  std::set<std::string> blamed_;
};

/// Puts what the ledger saw into the history.
void take_ledger(const ledger& seen, history& into);

/// Writes a home's settings, before anything runs in it: requests of a second, no pauses.
void write_quick_settings(const std::filesystem::path& home);

} // namespace spec_kitty::chaos
