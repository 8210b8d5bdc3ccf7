#include "app/orchestrate/agents_file.hpp"

#include <gtest/gtest.h>

namespace spec_kitty::orchestrate {
namespace {

agents_file good(std::string_view text) {
  auto read = parse_agents(text, "agents.toml");
  EXPECT_TRUE(read) << (read ? "" : read.error().message);
  return read ? *read : agents_file{};
}

std::string problem(std::string_view text) {
  const auto read = parse_agents(text, "agents.toml");
  EXPECT_FALSE(read);
  if (read)
    return {};
  EXPECT_EQ(read.error().code, ec::bad_config);
  EXPECT_FALSE(read.error().hint.empty());
  return read.error().message;
}

TEST(AgentsFile, AnAgentHasAllItsParts) {
  const auto file = good(R"([agents.zed]
command = ["prog", "--wp={wp}"]
roles = ["review"]
timeout_s = 7
env = { A = "1" }
fallback = ["ann"]
[agents.ann]
command = ["other"]
[limits]
max_parallel = 9
max_retries = 0
)");
  ASSERT_EQ(file.agents.size(), 2U);
  const auto& zed = file.agents[0];
  EXPECT_EQ(zed.name, "zed") << "the order is the file's";
  EXPECT_EQ(zed.command, (std::vector<std::string>{"prog", "--wp={wp}"}));
  EXPECT_TRUE(zed.can(role::review));
  EXPECT_FALSE(zed.can(role::implementation));
  EXPECT_EQ(zed.timeout, std::chrono::seconds(7));
  EXPECT_EQ(zed.env.at("A"), "1");
  EXPECT_EQ(zed.fallback, std::vector<std::string>{"ann"});
  EXPECT_TRUE(file.find("ann")->can(role::implementation)) << "both roles where none is named";
  EXPECT_EQ(file.first_for(role::review)->name, "zed");
  EXPECT_EQ(file.max_parallel, 9U);
  EXPECT_EQ(file.max_retries, 0U);
}

TEST(AgentsFile, WhatIsWrongIsNamedWithItsLine) {
  EXPECT_TRUE(problem("x = \n").starts_with("agents.toml, line 1: Error while parsing"));
  EXPECT_EQ(problem(""), "agents.toml has no agents");
  EXPECT_EQ(problem("[agent.a]\ncommand = [\"x\"]\n"), "agents.toml, line 1: unknown key agent");
  EXPECT_EQ(problem("[agents.a]\ncommand = \"x\"\n"),
            "agents.toml, line 2: command is not a list of strings");
  EXPECT_EQ(problem("[agents.a]\ncommand = []\n"), "agents.toml, line 1: agents.a has no command");
  EXPECT_EQ(problem("[agents.a]\ncommand = [\"x\"]\nrole = []\n"),
            "agents.toml, line 3: agents.a has no key role");
  EXPECT_EQ(problem("[agents.a]\ncommand = [\"x\"]\nroles = [\"cook\"]\n"),
            "agents.toml, line 3: unknown role cook");
  EXPECT_EQ(problem("[agents.a]\ncommand = [\"x\"]\ntimeout_s = 0\n"),
            "agents.toml, line 3: timeout_s is not a whole number from 1 to 604800");
  EXPECT_EQ(problem("[agents.a]\ncommand = [\"x\"]\nfallback = [\"b\"]\n"),
            "agents.toml, line 1: agents.a falls back to b, which is not an agent of this file");
  EXPECT_EQ(problem("[agents.a]\ncommand = [\"x\"]\nenv = { A = 1 }\n"),
            "agents.toml, line 3: env.A is not a valid variable");
  EXPECT_EQ(problem("[agents.a]\ncommand = [\"x\"]\n[limits]\nparallel = 2\n"),
            "agents.toml, line 4: limits has no key parallel");
  EXPECT_EQ(
      problem("[agents.\"a b\"]\ncommand = [\"x\"]\n").find("agents.toml, line 1: an agent's"), 0U);
}

TEST(AgentsFile, PlaceholdersAreReplacedWhereverTheyStand) {
  agent_spec agent;
  agent.command = {"run", "{wp}", "--in={worktree}/{wp}", "{prompt_file}", "{other}"};
  EXPECT_EQ(command_for(agent, {"WP01", "/t", "/p{wp}.md"}),
            (std::vector<std::string>{"run", "WP01", "--in=/t/WP01", "/p{wp}.md", "{other}"}));
}

TEST(AgentsFile, TheExampleIsReadWhateverWasFound) {
  EXPECT_EQ(problem(example_agents({})), "agents.toml has no agents");
  const auto all = good(example_agents(known_programs()));
  EXPECT_EQ(all.agents.size(), known_programs().size());
  const auto agents = good(example_agents({"codex"}));
  ASSERT_EQ(agents.agents.size(), 1U);
  EXPECT_EQ(agents.agents[0].name, "codex");
}

} // namespace
} // namespace spec_kitty::orchestrate
