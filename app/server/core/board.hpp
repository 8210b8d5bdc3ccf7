// The work packages of a team as its events leave them: what a WebSocket's snapshot shows.
//
//   events in the order of the team's log ─▶ apply ─▶ rows ─▶ snapshot
//
// A row shows the change with the highest lamport_clock. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace spec_kitty::server {

class board {
public:
  /// Work packages that are kept of a team; further ones are left out of its snapshot.
  static constexpr std::size_t max_rows = 50'000;

  /// Takes up an event; other types than WPCreated and WPStatusChanged change nothing.
  void apply(std::string_view event);

  /// `{"type":"snapshot","work_packages":[…]}`. Where it would be longer than `max_bytes`, rows are
  /// left out and `"truncated":true` says so.
  std::string snapshot(std::size_t max_bytes) const;
  std::size_t size() const { return rows_.size(); }

private:
  struct row {
    std::string wp_id;
    std::string feature_slug;
    std::string status;
    std::uint64_t lamport_clock = 0;
  };
  std::map<std::string, row> rows_; ///< by project, feature and work package
};

} // namespace spec_kitty::server
