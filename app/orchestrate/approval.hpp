// What a person approves before anything of a repository is run: its agents file, and every file of
// the repository that the first word of a command names. What those run in turn is the approver's
// own judgement.
//
// An approval is remembered in the home as the hash of all of it and of the checkout's folder:
// `approved/<hash>`. Other content, or another checkout, is asked about again.
#pragma once

#include "app/orchestrate/agents_file.hpp"
#include "app/workflow/feature.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace spec_kitty::orchestrate {

/// A program that lies in the repository, or is named as if it did.
struct repository_program {
  std::string name;                 ///< the command's first word
  std::filesystem::path path;       ///< where it really is
  std::optional<std::string> bytes; ///< nothing: it is not there, or lies outside

  bool operator==(const repository_program&) const = default;
};

/// All that one approval covers.
struct approvable {
  std::filesystem::path file; ///< agents.toml
  std::string text;           ///< of it
  agents_file agents;         ///< the same, read
  std::vector<repository_program> programs;
  std::string hash;
};

std::filesystem::path agents_path(const workflow::repository& repo);

/// Reads `.kittify/agents.toml` and the programs; where the file is missing, the failure says how
/// to create it.
result<approvable> read_approvable(const workflow::repository& repo);

/// The same content with its programs as they are now.
result<approvable> read_again(const workflow::repository& repo, const approvable& before);

/// Whether this user approved exactly this in this home. A home that others can write counts for
/// nothing.
bool is_approved(const std::filesystem::path& home, const approvable& what);

/// Remembers an approval, in a file that this user alone can read.
result<void> approve(const std::filesystem::path& home, const workflow::repository& repo,
                     const approvable& what);

/// The lines that show all of it to a person; none can be taken for a line of the program's own.
std::vector<std::string> lines_of(const approvable& what);

/// The file of a program: its path (relative to the checkout), or its name looked up in `path`, a
/// list as in PATH (default: the environment's), of which only absolute folders count. Empty where
/// it is not found.
std::filesystem::path find_program(const std::string& name, const std::filesystem::path& checkout,
                                   const std::optional<std::string>& path = std::nullopt);

/// The file of an agent's program, with the PATH that the agent gets.
std::filesystem::path program_of(const agent_spec& agent, const std::filesystem::path& checkout);

} // namespace spec_kitty::orchestrate
