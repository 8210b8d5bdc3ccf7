// What the client must do under each fault of the hostile server, in numbers. The faults are in
// app/chaos/proxy/protocol_faults.tsv.
#pragma once

#include <ostream>
#include <set>
#include <string>
#include <vector>

namespace spec_kitty::support {

/// Whose retry count may change.
enum class blame : std::uint8_t {
  none, ///< no event is counted
  bad,  ///< exactly the events that hold the word poison
  some, ///< the events that the server named
};

struct hostile_case {
  const char* fault;
  int status;   ///< exit status of the run under the fault
  int requests; ///< at most, of any kind
  blame blamed = blame::none;
  std::set<int> bad{};       ///< positions of the poison events among the 20
  std::size_t bad_bytes = 0; ///< a poison event has so many more
  int batch_events = 1000;   ///< sync.batch_events of that run
  int synced = -1;           ///< this many reach the server in that run; -1: not asked
  bool new_login = false;    ///< the session is over: recovery begins with a login
};

inline std::ostream& operator<<(std::ostream& out, const hostile_case& of) {
  return out << of.fault;
}

const std::vector<hostile_case>& hostile_cases();

} // namespace spec_kitty::support
