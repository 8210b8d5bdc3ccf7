// `.kittify/agents.toml`: which programs work on work packages, and within which limits. Pure.
//
//   [agents.claude]
//   command = ["claude", "--print"]            # {wp}, {worktree}, {prompt_file} are replaced
//   roles = ["implementation", "review"]       # the default: both
//   timeout_s = 3600
//   silent_s = 600
//   env = { NAME = "value" }
//   fallback = ["codex"]
//   [limits]
//   max_parallel = 4
//   max_retries = 2
#pragma once

#include "util/result.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::orchestrate {

/// What an agent is asked to do. Source: events.schema.json, WPAssigned.
enum class role { implementation, review };

std::string_view to_string(role what);

struct agent_spec {
  std::string name;
  std::vector<std::string> command; ///< argv with placeholders; never empty
  std::vector<role> roles;
  std::chrono::seconds timeout{3600};
  std::chrono::seconds silence{600}; ///< without output for so long it is reported; 0: never
  std::map<std::string, std::string> env;
  std::vector<std::string> fallback; ///< names of agents in the same file
  unsigned line = 0;                 ///< of its section in the file

  bool can(role what) const;
};

struct agents_file {
  std::vector<agent_spec> agents; ///< in the order of the file
  unsigned max_parallel = 4;
  unsigned max_retries = 2; ///< further tries of one agent before its fallback

  const agent_spec* find(std::string_view name) const;
  /// The first agent that has the role.
  const agent_spec* first_for(role what) const;
};

/// On bad_config the message holds the file (`name`), the line and the error, the hint what is
/// expected.
result<agents_file> parse_agents(std::string_view text, const std::string& name);

/// The values that stand for the placeholders of a command.
struct placeholders {
  std::string wp;
  std::string worktree;
  std::string prompt_file;
};

/// The command to run: placeholders are replaced everywhere in its words.
std::vector<std::string> command_for(const agent_spec& agent, const placeholders& values);

/// An example file with comments. `found`: agent programs on this machine; the others are commented
/// out.
std::string example_agents(const std::vector<std::string>& found);

/// Programs that the example knows, by name.
std::vector<std::string> known_programs();

} // namespace spec_kitty::orchestrate
