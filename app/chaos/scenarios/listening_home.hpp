// A home with a daemon that listens and a `sync watch`: each is killed and started again, the watch
// behind the last event that it reported.
#pragma once

#include "app/chaos/installation.hpp"
#include "app/chaos/proxy/proxy.hpp"

#include <memory>
#include <string>

namespace spec_kitty::chaos {

class listening_home {
public:
  /// Logs in through the proxy, and starts the daemon and the watch. Throws std::runtime_error when
  /// the watch is not told its place in the team's log.
  listening_home(installation& all, const std::string& name, const proxy& line);

  const std::string& name() const { return view_.listener; }
  void start_daemon();
  /// Ends the daemon by that signal.
  void end_daemon(int signal);
  /// Behind the last event that a watch reported.
  void start_watch();
  /// Ends the watch by that signal; what it has printed counts.
  void end_watch(int signal);
  /// Takes what the watch has printed since the last call: the view as it is now.
  const listener_view& heard();

private:
  void take(const std::string& line);

  installation* all_;
  listener_view view_;
  std::string log_;        ///< the log that the watch follows
  std::uint64_t last_ = 0; ///< number in it of the last event that was reported
  std::unique_ptr<support::child> daemon_;
  std::unique_ptr<support::child> watch_;
};

} // namespace spec_kitty::chaos
