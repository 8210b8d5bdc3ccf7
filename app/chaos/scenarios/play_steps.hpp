// A round of a scenario whose steps strike one place after the other.
#pragma once

#include "app/chaos/scenario.hpp"

#include <vector>

namespace spec_kitty::chaos {

/// `Place` is made on the stage; `hit(step)` says whether the fault was injected, and `finish(out)`
/// adds figures and judges.
template <class Place>
outcome play_steps(const stage& where, const std::vector<step>& steps) {
  outcome out;
  Place place(where);
  for (const auto& step : steps) {
    if (where.enough())
      break;
    out.count(step.fault, place.hit(step));
  }
  out.violations = place.finish(out);
  return out;
}

} // namespace spec_kitty::chaos
