// Events for tests of the board's core.
#pragma once

#include "app/board/core/log.hpp"

#include <random>
#include <string>
#include <vector>

namespace spec_kitty::board {

/// An id from a number; later numbers are greater.
inline ulid id_of(std::uint32_t number) {
  ulid id;
  for (std::size_t byte = 0; byte < 4; ++byte)
    id.bytes[12 + byte] = static_cast<std::uint8_t>(number >> (24 - 8 * byte));
  id.bytes[0] = 1;
  return id;
}

/// A change of WP01 of 001-tea.
inline board_event change(std::uint32_t number, std::uint64_t clock, const std::string& from,
                          const std::string& to) {
  board_event event;
  event.id = id_of(number);
  event.lamport_clock = clock;
  event.node_id = "aaaaaaaaaaaa";
  event.at = static_cast<epoch_us>(clock) * 60'000'000;
  event.kind = event_kind::status_changed;
  event.feature = "001-tea";
  event.wp_id = "WP01";
  event.previous = from;
  event.lane = to;
  event.actor = "ann";
  return event;
}

/// Changes of many work packages on three nodes, in an order of their own.
inline std::vector<board_event> many_changes(std::uint32_t count, unsigned seed) {
  std::mt19937 draw(seed);
  std::vector<board_event> events;
  for (std::uint32_t number = 1; number <= count; ++number) {
    board_event event = change(number, 1 + number / 2, std::string(lane_names[draw() % 4]),
                               std::string(lane_names[draw() % 4]));
    event.feature = "00" + std::to_string(draw() % 5) + "-feature";
    event.wp_id = "WP0" + std::to_string(1 + draw() % 9);
    event.node_id = std::string(12, static_cast<char>('a' + draw() % 3));
    event.actor = draw() % 2 == 0 ? "ann" : "codex";
    switch (draw() % 6) {
    case 0:
      event.kind = event_kind::history_added;
      break;
    case 1:
      event.kind = event_kind::error_logged;
      break;
    case 2:
      event.kind = event_kind::created;
      break;
    default:
      break;
    }
    events.push_back(std::move(event));
  }
  return events;
}

} // namespace spec_kitty::board
