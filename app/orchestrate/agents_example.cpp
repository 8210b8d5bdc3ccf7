#include "app/orchestrate/agents_file.hpp"

#include <algorithm>
#include <array>

namespace spec_kitty::orchestrate {

namespace {

/// Well-known programs, with options to take the prompt from stdin and to ask no questions.
struct known_agent {
  std::string_view name;
  std::string_view command;
};

constexpr std::array<known_agent, 7> known = {{
    {"claude", R"(["claude", "--print", "--permission-mode", "acceptEdits"])"},
    {"codex", R"(["codex", "exec", "--full-auto", "-"])"},
    {"gemini", R"(["gemini", "--yolo"])"},
    {"copilot", R"(["copilot", "--allow-all-tools"])"},
    {"opencode", R"(["opencode", "run"])"},
    {"qwen", R"(["qwen", "--yolo"])"},
    {"cursor-agent", R"(["cursor-agent", "--print", "--force"])"},
}};

constexpr std::string_view head =
    R"(# The agents that work on work packages: spec-kitty orchestrate --feature SLUG
#
# An agent is any program. It gets the work package's file on stdin, runs in its worktree, and ends
# with 0 when it is done. A reviewer prints as its last line
#   APPROVED      or      CHANGES REQUESTED: what must change
# In `command`, {wp}, {worktree} and {prompt_file} are replaced by this run's values. The
# environment has SPEC_KITTY_WP, SPEC_KITTY_FEATURE, SPEC_KITTY_PHASE and SPEC_KITTY_ATTEMPT.
#
# roles      implementation, review (default: both)
# timeout_s  after this time it is stopped: TERM, then KILL (default 3600)
# silent_s   after this time without output it is reported; 0: never (default 600)
# env        { NAME = "value" }, added to the environment
# fallback   the agents to use after max_retries: ["OTHER"]
#
# A work package goes to the agent in its frontmatter if that agent is in this file, else to the
# first agent of this file that has the role.

[limits]
max_parallel = 4   # agents at work at the same time
max_retries = 2    # further tries of an agent
)";

std::string section(const known_agent& agent, const std::string& mark) {
  std::string text = "\n" + mark + "[agents." + std::string(agent.name) + "]\n";
  text += mark + "command = " + std::string(agent.command) + "\n";
  text += mark + "roles = [\"implementation\", \"review\"]\n";
  text += mark + "timeout_s = 3600\n";
  return text;
}

} // namespace

std::vector<std::string> known_programs() {
  std::vector<std::string> names;
  names.reserve(known.size());
  for (const auto& agent : known)
    names.emplace_back(agent.name);
  return names;
}

std::string example_agents(const std::vector<std::string>& found) {
  const auto is_here = [&](const known_agent& agent) {
    return std::find(found.begin(), found.end(), agent.name) != found.end();
  };
  std::string text(head);
  text += found.empty()
              ? "\n# No known agent program was found on this machine. Write your own:\n"
                "#\n# [agents.mine]\n# command = [\"./agent.sh\", \"{wp}\"]\n"
                "\n# Known programs, to be uncommented once installed:\n"
              : "\n# Found on this machine. Check that their options are what you want.\n";
  for (const auto& agent : known)
    if (is_here(agent))
      text += section(agent, "");
  if (!found.empty())
    text += "\n# Not found on this machine:\n";
  for (const auto& agent : known)
    if (!is_here(agent))
      text += section(agent, "# ");
  return text;
}

} // namespace spec_kitty::orchestrate
