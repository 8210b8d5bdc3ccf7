// The examples at the end of each command's help. A test types them all.
#include "app/cli/command_line.hpp"

#include <algorithm>
#include <array>

namespace spec_kitty {

namespace {

struct command_examples {
  std::string_view path;
  std::array<std::string_view, 2> lines; ///< the second may be empty
};

constexpr auto all_examples = std::to_array<command_examples>({
    {"emit",
     {"emit WPStatusChanged --wp WP01 --field previous_status=planned --field new_status=doing",
      "emit --stdin --feature 001-login <events.jsonl"}},
    {"events list",
     {"events list --wp WP01 --since 2d", "events list --state delivered --grep login"}},
    {"events show", {"events show 01ARZ3NDEKTSV4RRFFQ69G5FAV", ""}},
    {"events export", {"events export >events.jsonl", "events export --state queued"}},
    {"events import", {"events import events.jsonl", ""}},
    {"events types", {"events types", "events types WPStatusChanged"}},
    {"events stats", {"events stats", "events stats --json"}},
    {"events retry", {"events retry --all", "events retry 01ARZ3NDEKTSV4RRFFQ69G5FAV"}},
    {"events discard", {"events discard 01ARZ3NDEKTSV4RRFFQ69G5FAV --yes", ""}},
    {"events acknowledge-drops", {"events acknowledge-drops", ""}},
    {"clock show", {"clock show", ""}},
    {"clock reconcile", {"clock reconcile", ""}},
    {"clock renew", {"clock renew", ""}},
    {"auth login",
     {"auth login --username ann", "auth login --username ann --password-stdin <password.txt"}},
    {"auth logout", {"auth logout", ""}},
    {"auth status", {"auth status", "auth status --json"}},
    {"sync now", {"sync now", "sync now --dry-run"}},
    {"sync status", {"sync status", "sync status --check"}},
    {"sync doctor", {"sync doctor", ""}},
    {"sync diagnose", {"sync diagnose", ""}},
    {"sync repair", {"sync repair", ""}},
    {"sync watch", {"sync watch", "sync watch --after 1200 --json"}},
    {"sync acknowledge-loss", {"sync acknowledge-loss", ""}},
    {"sync daemon run", {"sync daemon run", ""}},
    {"sync daemon start", {"sync daemon start", ""}},
    {"sync daemon stop", {"sync daemon stop", ""}},
    {"sync daemon restart", {"sync daemon restart", ""}},
    {"sync daemon status", {"sync daemon status", ""}},
    {"sync daemon unit", {"sync daemon unit >spec-kitty.service", ""}},
    {"sync server", {"sync server", "sync server https://events.example.org"}},
    {"sync opt-out", {"sync opt-out", ""}},
    {"sync opt-in", {"sync opt-in", ""}},
    {"config list", {"config list", ""}},
    {"config get", {"config get sync.timeout_s", ""}},
    {"config set", {"config set sync.timeout_s 30", "config set sync.autostart true"}},
    {"config unset", {"config unset sync.timeout_s", ""}},
    {"config path", {"config path", ""}},
    {"dev-server", {"dev-server", "dev-server --port 8787"}},
    {"board", {"board --open", "board --port 8080 --json"}},
    {"report", {"report 001-login", "report 001-login --format csv >report.csv"}},
    {"init", {"init", "init --name my-project"}},
    {"feature create", {"feature create 002-search --wp \"Index\" --wp \"Query\"", ""}},
    {"implement", {"implement WP01", "implement WP02 --base WP01 --agent claude"}},
    {"merge", {"merge --check", "merge --feature 001-login --strategy squash"}},
    {"accept", {"accept --check", "accept --feature 001-login"}},
    {"orchestrate", {"orchestrate --init", "orchestrate --status"}},
    {"agent tasks move-task",
     {"agent tasks move-task WP01 --to for_review --check",
      "agent tasks move-task WP01 --to planned --note \"waits for the design\""}},
    {"agent tasks mark-status", {"agent tasks mark-status T001 --status done", ""}},
    {"agent tasks add-history", {"agent tasks add-history WP01 --note \"see the new tests\"", ""}},
    {"agent tasks settle", {"agent tasks settle", ""}},
    {"agent tasks status", {"agent tasks status", "agent tasks status --feature 001-login"}},
    {"agent tasks list-tasks", {"agent tasks list-tasks", ""}},
    {"agent tasks list-dependents", {"agent tasks list-dependents WP01", ""}},
    {"agent feature finalize-tasks", {"agent feature finalize-tasks", ""}},
});

} // namespace

std::span<const std::string_view> examples_of(std::string_view path) {
  const auto found = std::find_if(all_examples.begin(), all_examples.end(),
                                  [&](const command_examples& of) { return of.path == path; });
  if (found == all_examples.end())
    return {};
  return {found->lines.data(), found->lines[1].empty() ? std::size_t{1} : std::size_t{2}};
}

} // namespace spec_kitty
