// What the files of a feature show of its work, read by comparing lines: none of spec-kitty's own
// parsers has a part in it.
#pragma once

#include "app/chaos/history.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::chaos {

/// By subject: `001-tea WP01 lane` → `doing`, `001-tea T001 box` → `done`, a note → how often it is
/// there, `001-tea complete` → when it was accepted.
using shown_work = std::map<std::string, std::string>;

/// Of one file, `kitty-specs/<slug>/…`; empty where the file shows no work.
shown_work work_shown_by(const std::string& path, std::string_view text);

/// Appends what changed from one text of a file to its next.
void add_work_changes(const shown_work& before, const shown_work& after,
                      std::vector<work_change>& changes);

} // namespace spec_kitty::chaos
