// A team's log at a server, as a home hears it: places in it, what was heard, pages of it.
// Plain data. Source: docs/protocol.md, Resume.
#pragma once

#include "messages/ulid.hpp"
#include "util/result.hpp"
#include "util/timestamp.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace spec_kitty {

/// Which log: a team's at a server, with the log's id.
struct log_name {
  std::string origin; ///< scheme, host, port
  std::string team_slug;
  std::string log; ///< ULID

  bool operator==(const log_name&) const = default;
};

/// An event, and its number in the log.
struct heard_place {
  std::uint64_t seq = 0;
  ulid event;

  bool operator==(const heard_place&) const = default;
};

/// At most so many places are told to a server.
inline constexpr std::size_t max_reported_places = 16;

/// A change of a work package's status by another home.
struct status_change {
  std::string project; ///< UUID
  std::string feature;
  std::string wp_id;
  std::string node_id;
  std::string event_id;
  std::uint64_t lamport = 0;
  std::string before;
  std::string after;
  std::string by; ///< the account; empty where the server does not name it
};

/// What this home knows of a team's log at a server.
struct cursor_request {
  std::string origin;
  std::string team_slug;
};
struct cursor_found {
  std::string log;                ///< the log it heard last; empty: none yet
  std::vector<heard_place> known; ///< newest first, at most max_reported_places
  std::uint64_t reach = 0;        ///< everything up to here was heard, or is this home's own
};

/// The server continues behind `from`.
struct join_request {
  log_name log;
  std::uint64_t from = 0;
  std::uint64_t head = 0;           ///< of the log, as the server says
  std::vector<heard_place> known{}; ///< what the server was told, newest first
  std::uint64_t reach = 0;          ///< of the cursor at that time; it may have moved on since
};
/// Numbers that this home has heard and that are gone, or belong to other events now.
struct lost_range {
  std::uint64_t from = 0;
  std::uint64_t to = 0; ///< below `from`: it has heard none of those that are gone
};
struct join_done {
  std::string former_log;         ///< empty: it is the log of before, or the first one
  std::optional<lost_range> lost; ///< the log was taken back since it was heard last
};

/// What a connection brought since the last transaction, to be taken up in one.
struct heard_burst {
  std::shared_ptr<const log_name> log; ///< null: a server without `resume`
  std::uint64_t clock = 0;             ///< the highest of the events; 0: none
  std::vector<heard_place> places;     ///< rising
  std::uint64_t through = 0;           ///< everything up to here was heard, or is this home's own
  std::vector<status_change> changes;
};

/// A log that was taken back, and that nobody has acknowledged yet.
struct taken_back {
  std::string origin;
  std::string team_slug;
  epoch_us at = 0;
  lost_range lost;
};
/// A person has seen it.
struct acknowledge_taken_back {};
struct taken_back_done {
  std::uint64_t count = 0;
};

/// A page of a log, read over HTTP.
struct log_event {
  std::uint64_t seq = 0;
  std::string by;
  std::string node_id;
  std::string json;
};
struct log_page {
  std::string log;
  std::uint64_t head = 0;
  std::uint64_t through = 0; ///< read on after this one
  std::vector<log_event> events;
};

/// SUPERVISOR: read what comes after a number. The answer is a notice (log_page_read).
struct log_page_request {
  std::uint64_t reader = 0; ///< whose it is; comes back
  std::string log;          ///< empty: the team's log, whichever it is
  std::uint64_t after = 0;
};

} // namespace spec_kitty
