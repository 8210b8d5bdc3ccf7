// Engines with a planted fault, which the suite must find.
#pragma once

#include "tests/app/server/store/engine_contract.hpp"

#include <memory>

namespace spec_kitty::server::store::testing {

enum class engine_fault : std::uint8_t {
  acknowledges_without_storing, ///< each fifth submission
  mixes_teams,                  ///< an id is unique over all teams
  renumbers_duplicates,         ///< a duplicate has the number of the head
  takes_other_texts_as_equal,   ///< `differs` is answered as a duplicate
  skips_events,                 ///< the last event of a page, where more follow
  ignores_byte_bound,
  answers_twice,
  forgets_deadlines,
  hints_ahead,         ///< by one event
  takes_behind_as_new, ///< `behind` is answered as stored
};

inline constexpr std::array<engine_fault, 10> all_engine_faults = {
    engine_fault::acknowledges_without_storing,
    engine_fault::mixes_teams,
    engine_fault::renumbers_duplicates,
    engine_fault::takes_other_texts_as_equal,
    engine_fault::skips_events,
    engine_fault::ignores_byte_bound,
    engine_fault::answers_twice,
    engine_fault::forgets_deadlines,
    engine_fault::hints_ahead,
    engine_fault::takes_behind_as_new,
};

std::string_view name_of(engine_fault fault);

/// A sound engine with the fault.
std::unique_ptr<engine> with_fault(std::unique_ptr<engine> sound, engine_fault fault);

} // namespace spec_kitty::server::store::testing
