// The JSON of a board's API: docs/board-api.md, app/board/schema/board.schema.json. Pure.
#pragma once

#include "app/board/core/board_view.hpp"
#include "app/board/core/counts.hpp"
#include "util/json.hpp"

#include <cstdint>
#include <string>

namespace spec_kitty::board {

/// `GET /board/state`.
std::string state_json(const board_view& view);

/// One feature of it: what a stream sends anew when it differs.
std::string feature_json(const feature_view& feature);

/// Everything of it but the features; the same for a stream. Without the time it was taken, so that
/// two of them differ only where the board does.
std::string surroundings_json(const board_view& view);

/// A row of `GET /board/events`.
void write_event(json_writer& out, const event_log& log, std::uint32_t seq);

/// `GET /board/counts`, and `spec-kitty report --format json`.
void write_counts(json_writer& out, const event_log& log, const board_counts& counts);

} // namespace spec_kitty::board
