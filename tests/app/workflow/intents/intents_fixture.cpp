#include "tests/app/workflow/intents/intents_fixture.hpp"

#include "tests/support/programs.hpp"
#include "util/random.hpp"

#include <cstdlib>

namespace spec_kitty::support {

namespace fs = std::filesystem;

namespace {

constexpr double max_moment_ms = 400;

std::size_t added_lines(const std::string& diff, std::string_view start) {
  std::size_t count = 0;
  for (const auto& line : lines_of(diff))
    if (line.starts_with(start))
      ++count;
  return count;
}

} // namespace

launch intents_test::with_kill(launch what, int operation) {
  what.env["LD_PRELOAD"] = program_folder() + "/spec_kitty_io_shim.so";
  what.env["SPEC_KITTY_SHIM_ROOT"] = what.cwd.parent_path().string();
  what.env["SPEC_KITTY_SHIM_AT"] = std::to_string(operation);
  what.env["SPEC_KITTY_SHIM_ACTION"] = "kill";
  return what;
}

launch intents_test::with_kill_of_command(launch what, int operation) const {
  const auto script = root() / "bin" / "git";
  fs::create_directories(script.parent_path());
  write_text(script, "#!/bin/sh\nunset LD_PRELOAD\nPATH=${PATH#*:}\nexec git \"$@\"\n");
  fs::permissions(script, fs::perms::owner_all);
  what.env["PATH"] = script.parent_path().string() + ":" + std::getenv("PATH");
  return with_kill(std::move(what), operation);
}

void intents_test::blocking_hook(const std::string& name, const std::string& when) const {
  const auto reached = (root() / "reached").string();
  write_text(root() / "armed", "");
  hook(name, when + " && rm " + (root() / "armed").string() + " 2>/dev/null || exit 0; touch " +
                 reached + "; i=0; while [ -e " + reached +
                 " ] && [ $i -lt 1500 ]; do sleep 0.02; i=$((i+1)); done; exit 0");
}

bool intents_test::hook_is_reached() const {
  return fs::exists(root() / "reached");
}

void intents_test::release_hook() const {
  fs::remove(root() / "reached");
}

void intents_test::remove_hook(const std::string& name) const {
  fs::remove(repo() / ".git" / "hooks" / name);
}

std::vector<std::string> intents_test::open_intents() const {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(intents(), error))
    names.push_back(entry.path().filename().string());
  return names;
}

std::string intents_test::lane_in_main(const std::string& id) const {
  const auto text = git({"show", "main:kitty-specs/001-tea/tasks/" + id + "-part.md"});
  for (const auto& line : lines_of(text))
    if (line.starts_with("lane: "))
      return line.substr(7, line.size() - 8);
  return "none";
}

std::size_t intents_test::boxes_changed() const {
  return added_lines(git({"log", "-p", "--format=", "main", "--", "kitty-specs/001-tea/tasks.md"}),
                     "+- [") -
         3; // of the first commit
}

std::size_t intents_test::notes_added() const {
  std::size_t count = 0;
  for (const auto& line :
       lines_of(git({"log", "-p", "--format=", "main", "--", "kitty-specs/001-tea/tasks"})))
    if (line.starts_with("+- 20") && line.find(" – note ") != std::string::npos)
      ++count;
  return count;
}

void intents_test::expect_chain(const std::string& when) const {
  std::map<std::string, std::string> lanes;
  std::size_t history = 0;
  for (const auto& json : stored()) {
    const auto event = parsed(json);
    const auto type = text_of(event, "event_type").value_or("");
    if (type == "HistoryAdded")
      ++history;
    if (type != "WPStatusChanged")
      continue;
    const auto& payload = *member(event, "payload");
    const auto id = text_of(payload, "wp_id").value_or("");
    const auto known = lanes.find(id);
    EXPECT_EQ(text_of(payload, "previous_status").value_or(""),
              known == lanes.end() ? "planned" : known->second)
        << when << ": " << json;
    lanes[id] = text_of(payload, "new_status").value_or("");
  }
  for (const char* id : {"WP01", "WP02", "WP03"}) {
    const auto known = lanes.find(id);
    EXPECT_EQ(lane_in_main(id), known == lanes.end() ? "planned" : known->second) << when;
  }
  EXPECT_EQ(history, boxes_changed() + notes_added()) << when;
  EXPECT_EQ(changes(), "") << when;
  EXPECT_EQ(open_intents(), std::vector<std::string>{}) << when;
  for (const char* lock : {"index.lock", "HEAD.lock", "refs/heads/main.lock"})
    EXPECT_FALSE(fs::exists(repo() / ".git" / lock)) << when;
}

int intents_test::rounds(int usual, int wanted) {
#ifdef SPEC_KITTY_LONG
  (void)usual;
  return wanted;
#else
  (void)wanted;
  return usual;
#endif
}

milliseconds intents_test::random_moment() {
  return milliseconds(static_cast<int>(kernel_random() * max_moment_ms));
}

} // namespace spec_kitty::support
