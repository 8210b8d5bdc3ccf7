// The bytes of the store, schema version 3: every row's encoding in one place.
//
// Keys are big-endian so that key order is number order; values are little-endian. Nothing here
// may change without a new schema version: docs/queue-format.md is the specification. Pure.
#pragma once

#include "messages/event.hpp"
#include "messages/team_log.hpp"
#include "messages/ulid.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty {

/// DO NOT CHANGE: the version that this program writes. It reads versions 1 and 2 too: the first
/// transaction that writes makes them version 3 (schema.hpp).
inline constexpr std::uint32_t schema_version = 3;

/// A greater number is damage, not a newer version.
inline constexpr std::uint32_t last_schema_version = 1000;

/// Main table: the summary row, everything that statistics and the next append need, in O(1).
struct summary {
  std::uint64_t clock = 0;       ///< Lamport value of the newest event or merge
  std::uint64_t next_seq = 1;    ///< position of the next event in append order
  std::uint64_t live = 0;        ///< queued, leased and held events
  std::uint64_t bytes = 0;       ///< their stored bytes
  std::uint64_t accepted = 0;    ///< events ever appended
  std::uint64_t acked = 0;       ///< events ever removed because the server has them
  std::uint64_t dead = 0;        ///< rows of the dead-letter table
  std::uint64_t dropped = 0;     ///< refused or evicted since the last acknowledgement
  std::uint64_t lease_epoch = 0; ///< last lease token given out
  std::int64_t last_ack_at = 0;  ///< µs since 1970 of the last server ack, 0: never
  ulid last_id;                  ///< newest event id
  /// The boot id of the machine when the store was made or last checked as a whole; zeros: never.
  ulid checked_on;

  /// With a checksum at its end.
  std::string encode() const;
  static std::optional<summary> decode(std::string_view bytes);
  /// The row of versions 1 and 2, which began with the schema's number.
  static std::optional<summary> decode_older(std::string_view bytes);
};

/// One event: a 48-byte header, the type, the JSON text that is sent.
struct event_record {
  ulid id;
  std::uint64_t lamport = 0;
  std::int64_t recorded_at = 0; ///< µs since 1970 when it was appended
  std::uint32_t partition_id = 0;
  std::string_view type;
  std::string_view head; ///< see messages/event.hpp
  std::string_view tail;

  std::size_t encoded_size() const { return 48 + type.size() + head.size() + tail.size(); }
  /// Writes encoded_size() bytes.
  void encode(char* out) const;
  /// The record with views into `bytes`; nothing when length or checksum disagree.
  static std::optional<event_record> decode(std::string_view bytes);

  std::string json() const;
  /// The same without a copy where head and tail stand side by side; `memory` is for one.
  std::string_view joined(std::string& memory) const;
  /// The event as it is sent: of the team of its partition, whatever its head says.
  std::string json(std::string_view team) const;
  /// The same behind other text; `team` with its quotation marks.
  void append_json(std::string& out, std::string_view team) const;
};

/// Failed tries of an event that is still queued.
struct attempt_record {
  std::uint32_t tries = 0;
  std::uint32_t alone = 0;   ///< 1: it broke a batch without being named; it is sent alone
  std::int64_t first_at = 0; ///< µs since 1970
  std::int64_t last_at = 0;
  std::string last_error;

  std::string encode() const;
  static attempt_record decode(std::string_view bytes);
};

/// A dead letter: why, and the event record as it was.
struct dead_record {
  attempt_record attempts;
  std::string reason; ///< `max_retries`, `too_large`
  std::string record; ///< an encoded event_record

  std::string encode() const;
  static std::optional<dead_record> decode(std::string_view bytes);
};

/// A partition of the queue: a team's events of no project, or of one project. The partition
/// without a project also carries the server's hold on the whole team.
struct partition_record {
  std::uint32_t id = 0;
  std::uint32_t hold = 0;         ///< 0: none, 1: the server forbids it (403)
  std::uint64_t live = 0;         ///< the partition's queued, leased and held events
  std::uint64_t sent_through = 0; ///< every event of the partition up to this position was sent
  std::int64_t held_since = 0;    ///< µs since 1970
  std::string hold_reason;

  std::string encode() const;
  static partition_record decode(std::string_view bytes);
};

/// What a person decided about a project's events. DO NOT CHANGE the numbers.
enum class sharing : std::uint32_t {
  undecided = 0, ///< as sync.project_default says
  shared = 1,
  kept_here = 2, ///< never sent, held visibly
};

/// A project that has recorded events here, or that a person decided about.
struct project_record {
  sharing choice = sharing::undecided;
  std::string name; ///< for people: its slug, else the folder's name

  std::string encode() const;
  static project_record decode(std::string_view bytes);
};

/// The process that a lease belongs to; the lease ends with the process.
struct process_mark {
  std::uint32_t pid = 0;
  std::uint64_t start_time = 0; ///< clock ticks since boot, /proc/<pid>/stat field 22
  ulid boot;                    ///< 16 bytes of /proc/sys/kernel/random/boot_id

  bool operator==(const process_mark&) const = default;
};

/// A batch that a drainer has leased.
struct lease_record {
  std::int64_t expires_at = 0; ///< µs since 1970
  process_mark owner;
  std::uint32_t partition_id = 0;
  std::vector<std::uint64_t> positions;
  std::uint32_t seconds = 0; ///< that it was given for, rounded up; 0: not known

  std::string encode() const;
  static std::optional<lease_record> decode(std::string_view bytes);
};

/// The machine and the folder that a store is used in: a home that was copied is somewhere else.
struct place_record {
  ulid machine;            ///< 16 bytes that identify the machine; zeros: unknown
  std::uint64_t inode = 0; ///< of the `queue` folder; 0: unknown, or of no use

  bool operator==(const place_record&) const = default;
  std::string encode() const;
  static place_record decode(std::string_view bytes);

  /// True when machine or inode is known to be another one. What is unknown proves nothing.
  bool differs_from(const place_record& other) const;
  /// This place, where something is unknown as `other` has it.
  place_record or_else(const place_record& other) const;
};

/// How far this home has heard a team's log at a server.
struct cursor_record {
  std::string origin; ///< scheme, host, port
  std::string team_slug;
  ulid log;                  ///< the log's id
  std::uint64_t through = 0; ///< everything up to here was heard, or is this home's own
  std::int64_t moved_at = 0; ///< µs since 1970
  std::int64_t taken_back_at =
      0;                       ///< the log was taken back then, and nobody acknowledged it; 0: no
  std::uint64_t lost_from = 0; ///< its first seq that is gone
  std::uint64_t lost_to = 0;
  std::vector<heard_place> known; ///< newest first

  std::string encode() const;
  static std::optional<cursor_record> decode(std::string_view bytes);
};

/// Keys.
std::string position_key(std::uint64_t seq);
std::uint64_t position_of(std::string_view key);
std::string team_queue_key(std::uint32_t partition_id, std::uint64_t seq);
std::uint32_t partition_of_queue_key(std::string_view key);
std::string count_key(std::string_view event_type);
std::string_view id_key(const ulid& id);
std::string project_row_key(std::string_view project);

/// A partition's key: the team's slug, then a zero byte and the project's key, if any. A team's
/// further partitions of the same project have a zero byte and their id after both.
std::string partition_key(std::string_view team, std::string_view project);
std::string further_partition_key(std::string_view team, std::string_view project,
                                  std::uint32_t partition_id);
std::string_view team_of_partition(std::string_view key);
std::string_view project_of_partition(std::string_view key);

/// The number of the schema: a program of another version looks no further.
inline constexpr std::string_view schema_key = "S";
inline constexpr std::string_view summary_key = "sum";
inline constexpr std::string_view place_key = "here";
inline constexpr std::string_view node_key = "node";
inline constexpr std::string_view home_id_key = "home";
inline constexpr std::string_view account_key = "account";
inline constexpr std::string_view last_error_key = "last_error";
/// The node id of which a server refused stamps as taken.
inline constexpr std::string_view taken_node_key = "taken";

std::string encode_schema(std::uint32_t schema);
/// Nothing when the row is too short or the number cannot be a schema's.
std::optional<std::uint32_t> decode_schema(std::string_view bytes);

/// A row with the CRC-32 of its key and value at its end: what is small, and decides where events
/// go. Without it a damaged bit would count.
std::string sealed(std::string_view key, std::string value);
bool is_sealed(std::string_view key, std::string_view value);

/// Twelve hex digits: it stands in every event, so another text would spoil them.
bool is_node_id(std::string_view text);

std::string encode_u64(std::uint64_t value);
std::uint64_t decode_u64(std::string_view bytes);

} // namespace spec_kitty
