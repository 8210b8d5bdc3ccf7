#include "app/orchestrate/agents_file.hpp"

#include "config/toml_parse.hpp"

#include <algorithm>
#include <array>

namespace spec_kitty::orchestrate {

namespace {

constexpr std::int64_t max_timeout_s = 7L * 24 * 3600;
constexpr std::int64_t max_parallel_limit = 64;
constexpr std::int64_t max_retries_limit = 100;

/// Reads a file; the first error ends it.
class reader {
public:
  explicit reader(const std::string& name) : name_(name) {}

  result<agents_file> read(const toml::table& root) {
    for (const auto& [key, node] : root) {
      const auto* table = node.as_table();
      if (key == "agents" && table != nullptr)
        read_agents(*table);
      else if (key == "limits" && table != nullptr)
        read_limits(*table);
      else
        wrong(node, "unknown key " + std::string(key.str()),
              "the file may hold [agents.NAME] and [limits]");
    }
    std::sort(file_.agents.begin(), file_.agents.end(),
              [](const auto& a, const auto& b) { return a.line < b.line; });
    check_fallbacks();
    if (!problem_ && file_.agents.empty())
      problem_ = failure{ec::bad_config, name_ + " has no agents", "add an [agents.NAME] section"};
    if (problem_)
      return *problem_;
    return std::move(file_);
  }

private:
  void wrong(const toml::node& node, const std::string& what, const std::string& hint) {
    wrong(node.source().begin.line, what, hint);
  }
  void wrong(unsigned line, const std::string& what, const std::string& hint) {
    if (!problem_)
      problem_ =
          failure{ec::bad_config, name_ + ", line " + std::to_string(line) + ": " + what, hint};
  }

  std::vector<std::string> words(const toml::node& node, const std::string& what) {
    std::vector<std::string> out;
    const auto* list = node.as_array();
    if (list != nullptr)
      for (const auto& element : *list)
        if (const auto text = element.value_exact<std::string>())
          out.push_back(*text);
    if (list == nullptr || out.size() != list->size())
      wrong(node, what + " is not a list of strings", "write it as " + what + " = [\"…\", \"…\"]");
    for (const auto& word : out)
      if (word.find('\0') != std::string::npos)
        wrong(node, what + " holds a zero byte", "remove it");
    return out;
  }

  std::int64_t number(const toml::node& node, const std::string& what, std::int64_t min,
                      std::int64_t max) {
    const auto value = node.value_exact<std::int64_t>();
    if (!value || *value < min || *value > max) {
      wrong(node,
            what + " is not a whole number from " + std::to_string(min) + " to " +
                std::to_string(max),
            "write it as " + what + " = " + std::to_string(std::max<std::int64_t>(min, 1)));
      return min;
    }
    return *value;
  }

  void read_agents(const toml::table& table) {
    for (const auto& [key, node] : table)
      if (const auto* agent_table = node.as_table())
        read_agent(std::string(key.str()), *agent_table);
      else
        wrong(node, "agents." + std::string(key.str()) + " is not a table",
              "write it as [agents." + std::string(key.str()) + "], followed by its keys");
  }

  void read_agent(const std::string& name, const toml::table& table) {
    agent_spec agent;
    agent.name = name;
    agent.line = table.source().begin.line;
    agent.roles = {role::implementation, role::review};
    const auto plain = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '-' || c == '_' || c == '.';
    };
    if (name.empty() || !std::all_of(name.begin(), name.end(), plain))
      wrong(agent.line, "an agent's name may only hold letters, digits, '-', '_' and '.'",
            "rename it");
    for (const auto& [key, node] : table) {
      if (key == "command")
        agent.command = words(node, "command");
      else if (key == "roles")
        agent.roles = roles(node);
      else if (key == "timeout_s")
        agent.timeout = std::chrono::seconds(number(node, "timeout_s", 1, max_timeout_s));
      else if (key == "silent_s")
        agent.silence = std::chrono::seconds(number(node, "silent_s", 0, max_timeout_s));
      else if (key == "env")
        read_env(node, agent);
      else if (key == "fallback")
        agent.fallback = words(node, "fallback");
      else
        wrong(node, "agents." + name + " has no key " + std::string(key.str()),
              "the keys are command, roles, timeout_s, silent_s, env and fallback");
    }
    if (!problem_ && !agent.command.empty())
      for (const auto* placeholder : {"{wp}", "{worktree}", "{prompt_file}"})
        if (agent.command.front().find(placeholder) != std::string::npos)
          wrong(agent.line, "agents." + name + " has " + placeholder + " in its program",
                "name one program, which can be approved; placeholders are for its arguments");
    if (!problem_ && (agent.command.empty() || agent.command.front().empty()))
      wrong(agent.line, "agents." + name + " has no command",
            "add: command = [\"PROGRAM\", \"ARGUMENT\"]");
    file_.agents.push_back(std::move(agent));
  }

  std::vector<role> roles(const toml::node& node) {
    std::vector<role> out;
    for (const auto& word : words(node, "roles")) {
      if (word != "implementation" && word != "review")
        wrong(node, "unknown role " + word, "the roles are implementation and review");
      out.push_back(word == "review" ? role::review : role::implementation);
    }
    if (out.empty())
      wrong(node, "roles is empty", "remove the key for both roles: implementation and review");
    return out;
  }

  void read_env(const toml::node& node, agent_spec& agent) {
    const auto* table = node.as_table();
    if (table == nullptr)
      return wrong(node, "env is not a table", "write it as env = { NAME = \"value\" }");
    for (const auto& [key, value] : *table) {
      const std::string name(key.str());
      const auto text = value.value_exact<std::string>();
      if (!text || name.empty() || name.find('=') != std::string::npos ||
          text->find('\0') != std::string::npos)
        return wrong(value, "env." + name + " is not a valid variable",
                     "write it as env = { NAME = \"value\" }");
      agent.env[name] = *text;
    }
  }

  void read_limits(const toml::table& table) {
    for (const auto& [key, node] : table)
      if (key == "max_parallel")
        file_.max_parallel =
            static_cast<unsigned>(number(node, "max_parallel", 1, max_parallel_limit));
      else if (key == "max_retries")
        file_.max_retries =
            static_cast<unsigned>(number(node, "max_retries", 0, max_retries_limit));
      else
        wrong(node, "limits has no key " + std::string(key.str()),
              "the keys are max_parallel and max_retries");
  }

  void check_fallbacks() {
    for (const auto& agent : file_.agents)
      for (const auto& name : agent.fallback)
        if (file_.find(name) == nullptr)
          wrong(agent.line,
                "agents." + agent.name + " falls back to " + name +
                    ", which is not an agent of this file",
                "add [agents." + name + "], or remove it from fallback");
  }

  std::string name_;
  agents_file file_;
  std::optional<failure> problem_;
};

void replace_all(std::string& text, std::string_view what, const std::string& with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

} // namespace

std::string_view to_string(role what) {
  return what == role::implementation ? "implementation" : "review";
}

bool agent_spec::can(role what) const {
  return std::find(roles.begin(), roles.end(), what) != roles.end();
}

const agent_spec* agents_file::find(std::string_view name) const {
  const auto found_agent = std::find_if(agents.begin(), agents.end(),
                                        [&](const agent_spec& each) { return each.name == name; });
  return found_agent == agents.end() ? nullptr : &*found_agent;
}

const agent_spec* agents_file::first_for(role what) const {
  const auto found_agent = std::find_if(agents.begin(), agents.end(),
                                        [&](const agent_spec& each) { return each.can(what); });
  return found_agent == agents.end() ? nullptr : &*found_agent;
}

result<agents_file> parse_agents(std::string_view text, const std::string& name) {
  const auto parsed = parse_toml(text, name);
  if (!parsed)
    return parsed.error();
  return reader(name).read(*parsed);
}

std::vector<std::string> command_for(const agent_spec& agent, const placeholders& values) {
  std::vector<std::string> command = agent.command;
  for (auto& word : command) {
    replace_all(word, "{wp}", values.wp);
    replace_all(word, "{worktree}", values.worktree);
    replace_all(word, "{prompt_file}", values.prompt_file);
  }
  return command;
}

} // namespace spec_kitty::orchestrate
