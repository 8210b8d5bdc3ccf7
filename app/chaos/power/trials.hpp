// Many images of one recording, each judged by a store of its own.
//
//   seed ──▶ cuts, sorted ──▶ workers (forked): play the disk up to the cut, draw, write, judge
//
// A worker is a process, because a broken store may end the process that opens it (SIGBUS);
// that is a violation of this image, and the next worker continues with the next image. LMDB never
// crosses a fork: only workers open stores.
#pragma once

#include "app/chaos/invariants.hpp"
#include "app/chaos/power/disk.hpp"
#include "app/chaos/power/recording.hpp"

#include <filesystem>
#include <vector>

namespace spec_kitty::chaos::power {

struct trial_options {
  std::uint64_t seed = 0;
  std::uint64_t images = 0;
  disk_kind behaviour = disk_kind::honest;
  std::size_t max_violations = 20; ///< then it ends early: what is broken is broken
  unsigned workers = 2;
};

struct trial_result {
  std::vector<violation> violations; ///< each names workload, cut and image
  std::uint64_t judged = 0;          ///< images
};

/// `folder` is empty; the images stand there while they are judged.
trial_result try_images(const recording& seen, const std::filesystem::path& folder,
                        const trial_options& how);

} // namespace spec_kitty::chaos::power
