#include "app/cli/home_use.hpp"

#include "config/home_check.hpp"
#include "util/file_system.hpp"

#include <array>
#include <utility>

namespace spec_kitty {

namespace {

constexpr std::array<std::pair<std::string_view, home_use>, 36> uses = {{
    {"dev-server", home_use::none},
    {"events types", home_use::none},
    // Work packages never depend on the home: the store checks it when events are recorded.
    {"init", home_use::none},
    {"feature create", home_use::none},
    {"implement", home_use::none},
    {"merge", home_use::none},
    {"accept", home_use::none},
    {"agent tasks move-task", home_use::none},
    {"agent tasks mark-status", home_use::none},
    {"agent tasks add-history", home_use::none},
    {"agent tasks settle", home_use::none},
    {"agent tasks status", home_use::none},
    {"agent tasks list-tasks", home_use::none},
    {"agent tasks list-dependents", home_use::none},
    {"agent feature finalize-tasks", home_use::none},
    {"events list", home_use::reads},
    {"events show", home_use::reads},
    {"events export", home_use::reads},
    {"events stats", home_use::reads},
    {"clock show", home_use::reads},
    {"auth status", home_use::reads},
    {"sync status", home_use::reads},
    {"board", home_use::reads},
    {"report", home_use::reads},
    {"sync doctor", home_use::diagnoses},
    {"sync watch", home_use::reads},
    {"sync daemon status", home_use::reads},
    {"sync daemon unit", home_use::reads},
    {"sync diagnose", home_use::reads},
    {"config list", home_use::reads},
    {"config get", home_use::reads},
    {"sync server", home_use::reads}, // with a URL set_setting checks the owner itself
    {"config path", home_use::reads},
    {"config set", home_use::changes_files},
    {"config unset", home_use::changes_files},
    {"auth logout", home_use::changes_files},
}};

} // namespace

home_use home_use_of(std::string_view command) {
  for (const auto& [path, use] : uses)
    if (path == command)
      return use;
  return home_use::changes_store;
}

result<void> check_before(home_use use, const home_folder& home) {
  if (use == home_use::none || use == home_use::diagnoses)
    return {};
  if (use == home_use::reads)
    return check_only_ours(home.path);
  if (auto ok = check_trusted(home.path); !ok)
    return ok;
  return use == home_use::changes_store ? check_file_system(home.path / "queue") : result<void>{};
}

} // namespace spec_kitty
