// Features whose lanes are kept in status.events.jsonl, as later versions of other tools keep them:
// they are shown, and commands that would change their lanes refuse.
#pragma once

#include "app/workflow/feature.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace spec_kitty::workflow {

/// The state of each work package by its latest transition; nothing where the feature's folder has
/// no such file. Lines that are not transitions are passed over.
result<std::optional<std::map<std::string, std::string>>>
read_event_states(const repository& repo, const std::filesystem::path& feature_folder);

/// The lane that a state of such a file belongs to: `in_progress` is `doing`.
std::string_view lane_of_state(std::string_view state);

/// Refuses a feature whose lanes are not in its work packages' files.
result<void> require_own_lanes(const feature& feature_ref);

} // namespace spec_kitty::workflow
