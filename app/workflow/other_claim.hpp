// A work package that somebody took from another home, as a server's events show it. Pure.
#pragma once

#include "util/json.hpp"
#include "util/timestamp.hpp"

#include <optional>
#include <string>

namespace spec_kitty::workflow {

struct other_claim {
  std::string name; ///< the account or agent
  std::string node;
  std::string lane; ///< it was moved to; empty: an agent was assigned
  epoch_us at = 0;
};

/// The last WPStatusChanged or WPAssigned of a work package in a server's reply, where another node
/// recorded it and it was not put back to `planned`. `reply`: `{"events":[…]}`, each an event or
/// `{"by","event":{…}}`, oldest first.
std::optional<other_claim> last_other_claim(const json_value& reply, const std::string& slug,
                                            const std::string& wp, const std::string& own_node);

/// `ann took WP01 12 minutes ago on node 0f1e2d3c4b5a`.
std::string claim_words(const other_claim& claim, const std::string& wp, epoch_us now);

} // namespace spec_kitty::workflow
