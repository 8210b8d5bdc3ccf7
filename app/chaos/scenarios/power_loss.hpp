// Power loss: an installation's disk is recorded, then shown as it may be found when the power
// comes back, after any step and in any of the ways the file system allows.
//
//   workload ──programs under the recorder──▶ log ──cuts × draws──▶ images ──the store──▶
//   invariants
//
// A step is one recording and a number of images of it: values {workload, seed, images}. The
// programs are real, so two recordings of one seed differ in times and in who came first; the
// violation names the cut and the image for reading on the spot.
#pragma once

#include "app/chaos/scenarios/scenarios.hpp"

namespace spec_kitty::chaos {

/// A schedule of at least so many images, the same number of every workload.
std::vector<step> plan_images(dice& chance, std::uint64_t images);

/// What is found when fdatasync does nothing, which is what a store that leaves out its data sync
/// looks like. For showing that the scenario finds it: empty would be a scenario that is blind.
std::vector<violation> power_loss_with_lying_disk(const stage& where, std::uint64_t seed);

} // namespace spec_kitty::chaos
