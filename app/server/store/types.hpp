// What the store of a team server keeps and answers: the types of engine.hpp. No policy here.
#pragma once

#include "messages/ulid.hpp"
#include "util/timestamp.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::server::store {

/// Of a team; given out by the store, never used again.
using team_id = std::uint32_t;
/// Of an account; given out by the store, never used again. 0: no account.
using account_id = std::uint32_t;
/// The place of an event in its team's log: 1, 2, 3 … without a gap, in the order of commits.
using sequence = std::uint64_t;
/// When an answer has to be there.
using deadline = std::chrono::steady_clock::time_point;

/// SHA-256 of what makes an event the same event (leaf.hpp).
using leaf_hash = std::array<std::uint8_t, 32>;
/// What is kept of a leaf: its first half.
using kept_leaf = std::array<std::uint8_t, 16>;

/// An event as its client sent it.
struct new_event {
  ulid id;                   ///< unique in its team, not beyond
  std::string_view node;     ///< at most max_node_bytes
  std::uint64_t lamport = 0; ///< its stamp
  leaf_hash leaf{};
  std::string_view text; ///< kept byte for byte
};

inline constexpr std::size_t max_node_bytes = 64;

/// Events of one sender for one team; their order is kept.
struct batch {
  team_id team = 0;
  account_id account = 0; ///< `by`
  ulid sender;            ///< the session or the machine token
  epoch_us received_at = 0;
  std::vector<new_event> events;
  /// Keeps what the views of `events` point to. The engine lets go of it some time after the
  /// answer: an answer at the deadline does not wait for the writer.
  std::shared_ptr<const void> memory;
};

enum class verdict : std::uint8_t {
  stored,    ///< new, and durable
  duplicate, ///< kept already with an equal leaf; the kept row is durable
  differs,   ///< kept already with another leaf: the caller compares the texts (engine::find)
  behind, ///< not kept: its stamp, or that of an earlier event of its node in this batch, belongs
          ///< to another event of the same account and node
  ahead,  ///< not kept: its stamp is further above the team's highest one than max_stamp_step
};

/// So far above the team's highest kept stamp the next one may be: else one event could use up the
/// clock of the team.
inline constexpr std::uint64_t max_stamp_step = std::uint64_t{1} << 32;

struct outcome {
  verdict what = verdict::stored;
  sequence seq = 0;           ///< of the kept event
  std::uint64_t lamport = 0;  ///< the stamp of the kept event
  std::uint64_t taken_ms = 0; ///< of `behind`: when the event was made that has the stamp

  bool operator==(const outcome&) const = default;
};

/// Where a team's log stands.
struct team_head {
  team_id team = 0;
  sequence head = 0;             ///< of the newest event; 0: without events
  sequence first = 1;            ///< texts of events before this one were taken away by retention
  std::uint64_t max_lamport = 0; ///< the highest kept stamp
  std::uint64_t text_bytes = 0;  ///< of all texts that are kept

  bool operator==(const team_head&) const = default;
};

/// What a commit did, batch by batch and event by event, and where the teams stand now.
struct committed {
  std::vector<std::vector<outcome>> batches;
  std::vector<team_head> heads;
};

/// One event of a page.
struct stored_event {
  sequence seq = 0;
  account_id account = 0;
  ulid sender;
  epoch_us received_at = 0;
  std::string_view text; ///< lives as long as the page's memory
};

enum class gap_reason : std::uint8_t { retention, erased };

/// Events whose texts are no longer kept.
struct gap {
  sequence from = 0;
  sequence to = 0;
  gap_reason reason = gap_reason::retention;

  bool operator==(const gap&) const = default;
};

/// Part of a team's log: every number from after + 1 to `through` is an event or lies in a gap.
struct page {
  std::vector<stored_event> events;                ///< rising
  std::vector<gap> gaps;                           ///< rising
  sequence through = 0;                            ///< read on after this one
  team_head head;                                  ///< at the moment of reading
  std::vector<std::shared_ptr<const void>> memory; ///< where the texts are
};

/// What is known of one event by its id.
struct found_event {
  sequence seq = 0;
  std::uint64_t lamport = 0;
  account_id account = 0;
  kept_leaf leaf{};
  bool has_text = false; ///< false: retention or an erasure took it
  std::string text;
};

/// What retention did in one call.
struct texts_taken {
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;
};

/// One thing that is wrong with the store.
struct check_finding {
  team_id team = 0;
  sequence seq = 0; ///< 0: the team as a whole
  std::string what; ///< a sentence; without any part of a text
};

struct check_report {
  std::uint64_t teams = 0;
  std::uint64_t events = 0; ///< rows
  std::uint64_t texts = 0;  ///< that were unpacked and compared with their leaf
  std::uint64_t finding_count = 0;
  std::vector<check_finding> findings; ///< the first max_check_findings
};

inline constexpr std::size_t max_check_findings = 100;

/// Whether the store can do its work.
struct health {
  bool writable = false;
  std::string trouble;          ///< a sentence with the remedy, for the operator; empty: healthy
  epoch_us newest_received = 0; ///< the latest received_at that was ever kept
};

/// How often a value fell into each power of two: counts[n] counts values below 2^n.
using power_histogram = std::array<std::uint64_t, 32>;

/// Figures since the start.
struct store_stats {
  std::uint64_t groups = 0; ///< transactions of events
  std::uint64_t stored = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t differing = 0;
  std::uint64_t failed_groups = 0;
  std::uint64_t refused_busy = 0; ///< submissions that the full queue refused
  std::uint64_t waiting_submissions = 0;
  std::uint64_t waiting_bytes = 0;
  std::uint64_t used_bytes = 0; ///< pages in use, in the data file
  std::uint64_t file_bytes = 0; ///< the data file
  power_histogram commit_us{};  ///< from the beginning of a group to its durability
  power_histogram group_events{};
};

} // namespace spec_kitty::server::store
