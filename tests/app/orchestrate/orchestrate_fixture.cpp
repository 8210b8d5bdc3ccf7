#include "tests/app/orchestrate/orchestrate_fixture.hpp"

#include <unistd.h>

#include <algorithm>

namespace spec_kitty::support {

namespace fs = std::filesystem;

orchestrate_test::orchestrate_test() {
  env["RUNS"] = runs().string();
  write_text(runs(), "");
  fs::create_directories(repo() / ".kittify");
  ok({"agent", "feature", "finalize-tasks"});
}

void orchestrate_test::agent(const std::string& name, const std::string& script, bool works) const {
  const std::string work =
      works ? "trap 'code=$?; [ $SPEC_KITTY_PHASE$code != review0 ] || echo APPROVED' EXIT\n"
              "[ $SPEC_KITTY_PHASE = review ] || echo $SPEC_KITTY_WP > made-$SPEC_KITTY_WP.txt\n"
            : "";
  const auto file = repo() / "agents" / (name + ".sh");
  fs::create_directories(file.parent_path());
  write_text(file, "#!/bin/sh\necho \"$SPEC_KITTY_PHASE $SPEC_KITTY_WP $SPEC_KITTY_ATTEMPT\" >> "
                   "\"$RUNS\"\n" +
                       work + script + "\n");
  fs::permissions(file, fs::perms::owner_all);
}

void orchestrate_test::agents_toml(const std::string& more) const {
  std::string text;
  std::error_code error;
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(repo() / "agents", error))
    names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  for (const auto& name : names)
    if (more.find("[agents." + name + "]") == std::string::npos)
      text += "[agents." + name + "]\ncommand = [\"./agents/" + name + ".sh\"]\n";
  write_text(repo() / ".kittify" / "agents.toml", text + more);
}

void orchestrate_test::good_agent() const {
  agent("good", "[ $SPEC_KITTY_PHASE = review ] || echo work > $SPEC_KITTY_WP.txt");
  agents_toml("[limits]\nmax_parallel = 1\n");
}

void orchestrate_test::give(const std::string& wp, const std::string& agent) const {
  auto text = read_text(wp_file(wp));
  const std::string before = "agent: \"\"";
  text.replace(text.find(before), before.size(), "agent: \"" + agent + "\"");
  write_text(wp_file(wp), text);
  commit_all("give " + wp);
}

launch orchestrate_test::orchestrate(words arguments) const {
  (void)run(command({"orchestrate", "--trust"})); // where the file cannot be used, the run says it
  arguments.insert(arguments.begin(), "orchestrate");
  return command(std::move(arguments));
}

finished orchestrate_test::carry_out(words arguments, milliseconds patience) const {
  auto what = orchestrate(std::move(arguments));
  what.patience = patience;
  auto done = run(what);
  EXPECT_EQ(done.status, 0) << done.out << done.err;
  return done;
}

std::string orchestrate_test::falls_short(words arguments) const {
  const auto done = run(orchestrate(std::move(arguments)));
  EXPECT_EQ(done.status, 1) << done.out << done.err;
  return done.err;
}

std::vector<std::string> orchestrate_test::starts() const {
  return lines_of(read_text(runs()));
}

std::string orchestrate_test::log_of(const std::string& wp) const {
  return read_text(repo() / ".kittify" / "orchestration" / "001-tea" / (wp + ".log"));
}

std::vector<std::string> orchestrate_test::story() const {
  std::vector<std::string> all;
  for (const auto& json : stored()) {
    const auto event = parsed(json);
    const auto* payload = member(event, "payload");
    std::string line = event_line(json);
    for (const char* name : {"dependency_wp_id", "resolution_type", "phase", "agent_id"})
      if (const auto text = text_of(*payload, name))
        line += " " + *text;
    if (const auto count = whole_number_of(*payload, "retry_count"))
      line += " " + std::to_string(*count);
    if (line.find("Created") == std::string::npos)
      all.push_back(std::move(line));
  }
  return all;
}

void orchestrate_test::expect_one_tree() const {
  std::set<std::string> known;
  bool begun = false;
  for (const auto& json : stored()) {
    const auto event = parsed(json);
    const auto id = text_of(event, "event_id").value_or("");
    if (text_of(event, "event_type").value_or("").ends_with("Created")) {
      known.insert(id); // what finalize announced is the root
      continue;
    }
    if (text_of(event, "aggregate_id") == "error") // a refused command's, of no run
      continue;
    const auto cause = text_of(event, "causation_id");
    EXPECT_TRUE(cause && known.count(*cause) == 1) << json;
    known.insert(id);
    begun = true;
  }
  EXPECT_TRUE(begun);
}

std::vector<std::string> orchestrate_test::processes() const {
  std::vector<std::string> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    auto line = read_text(entry.path() / "cmdline");
    std::replace(line.begin(), line.end(), '\0', ' ');
    if (line.find(root().string()) != std::string::npos)
      found.push_back(entry.path().filename().string() + " " + line);
  }
  return found;
}

bool orchestrate_test::none_is_left() const {
  return eventually([&] { return processes().empty(); }, milliseconds(30'000));
}

} // namespace spec_kitty::support
