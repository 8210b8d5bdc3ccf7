// The receive rule for events that come from elsewhere: what was heard is merged before it is
// published, many messages in one transaction. Pure.
//
//   hear, join ──▶ begin() ──merge──▶ merged() ──▶ take_ready(): notices, in order
//
// A host that receives an event may act on it, and what it records then must have a greater clock.
// Publishing first, while the merge is still under way, would leave that to chance. The home's
// place in the team's log moves with the clock, so what is published is what the home knows.
#pragma once

#include "messages/connection.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace spec_kitty {

/// A log's place is moved at most ten times a second.
inline constexpr std::chrono::milliseconds merge_gap{100};

class remote_gate {
public:
  using milliseconds = std::chrono::milliseconds;

  void hear(remote_heard what);
  /// The connection continues behind a place. What was heard before is heard only once.
  void join(log_joined where);
  /// The connection has ended: its bytes are nobody's any more.
  void forget_bytes();

  /// What to merge now. Nothing while a merge is under way, or where nothing is due.
  std::optional<heard_burst> begin(milliseconds now);
  /// The merge is over. One that failed counts too: what a person is shown does not wait for a
  /// store that cannot be written. How many bytes of messages it was.
  std::size_t merged();
  /// What may be published now, in order.
  std::vector<notice> take_ready();
  /// When begin() is to be asked again; nothing where something else will.
  std::optional<milliseconds> next_at() const;

private:
  struct entry {
    remote_heard heard;
    std::optional<log_joined> joined;
  };
  static bool needs_no_merge(const entry& of);

  std::deque<entry> waiting_;
  std::size_t covered_ = 0; ///< of those that wait: in the merge under way
  std::size_t ready_ = 0;   ///< of those that wait: merged
  bool under_way_ = false;
  std::optional<milliseconds> began_at_; ///< the last merge of a log's place
  std::string log_;                      ///< that was joined last
  std::uint64_t last_seq_ = 0;           ///< heard of it
};

} // namespace spec_kitty
