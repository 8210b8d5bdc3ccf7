// The careful path for an event that the checking pass does not take: other white space, escapes,
// types of a team's own, a missing team, and everything that is wrong. Pure.
#pragma once

#include "app/server/core/batch.hpp"
#include "app/server/core/event_leaf.hpp"

#include <string>
#include <string_view>
#include <variant>

namespace spec_kitty::server {

/// The text of the value that begins at `at`, by its brackets and quotes alone: it is not checked.
/// Empty where none can begin there.
std::string_view value_at(std::string_view text, std::size_t at);

/// The event with another team: in place of its own, or at its end where it has none. Every other
/// byte stays.
std::string with_team(std::string_view event, std::string_view team_slug);

/// The verdict on an event, whose texts live as long as the batch; a refusal of the whole batch
/// where the text is not JSON or of another team.
std::variant<batch_event, batch_refusal> judge_carefully(std::string_view text,
                                                         const batch_rules& rules,
                                                         event_batch& batch, leaf_hasher& leaves);

/// Of an event whose id another event of the team has; they differ in that member.
event_refusal conflict_of(const std::string& differing_member);

/// `payload.wp_id` as `/payload/wp_id`.
std::string pointer_of(std::string_view field);

} // namespace spec_kitty::server
