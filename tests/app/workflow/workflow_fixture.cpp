#include "tests/app/workflow/workflow_fixture.hpp"

namespace spec_kitty::support {

namespace fs = std::filesystem;

std::string wp_text(const std::string& id, const std::string& ending) {
  const std::vector<std::string> lines = {"---",
                                          "work_package_id: \"" + id + "\"",
                                          "title: \"Part " + id + "\"  # a title",
                                          "lane: \"planned\"",
                                          "agent: \"\"",
                                          "x_unknown: {a: [1, 2]}",
                                          "---",
                                          "",
                                          "# " + id,
                                          "",
                                          "---",
                                          "",
                                          "```yaml",
                                          "---",
                                          "lane: \"done\"",
                                          "---",
                                          "```",
                                          "",
                                          "## Activity Log",
                                          "",
                                          "- 2026-01-01T00:00:00Z – system – lane=planned – "
                                          "Prompt created"};
  std::string text;
  for (const auto& line : lines)
    text += line + ending;
  return text;
}

workflow_test::workflow_test() {
  env = {{"GIT_CONFIG_GLOBAL", "/dev/null"},
         {"GIT_CONFIG_NOSYSTEM", "1"},
         {"GIT_AUTHOR_NAME", "tester"},
         {"GIT_AUTHOR_EMAIL", "t@example.org"},
         {"GIT_COMMITTER_NAME", "tester"},
         {"GIT_COMMITTER_EMAIL", "t@example.org"},
         {"GIT_CEILING_DIRECTORIES", root().string()}};
  fs::create_directories(feature() / "tasks");
  write_text(feature() / "meta.json", "{\n  \"feature_number\": \"001\",\n  \"slug\": \"001-tea\","
                                      "\n  \"target_branch\": \"main\"\n}\n");
  write_text(feature() / "tasks.md",
             "# Work Packages\n\n## Work Package WP01: Kettle\n\n- [ ] T001 boil\n- [ ] T002 pour\n"
             "\n### Dependencies\n- None\n\n## Work Package WP02: Cup\n\n- [ ] T003 fill\n"
             "\n### Dependencies\n- Depends on WP01 (the kettle)\n\n"
             "## Work Package WP03: Table\n\n**Dependencies**: WP01-WP02\n");
  for (const char* id : {"WP01", "WP02", "WP03"})
    write_text(wp_file(id), wp_text(id));
  git({"init", "--quiet", "--initial-branch=main"});
  commit_all("start");
}

std::string workflow_test::git(words arguments, const fs::path& where) const {
  launch what = command({});
  what.argv = std::move(arguments);
  what.argv.insert(what.argv.begin(), "git");
  if (!where.empty())
    what.cwd = where;
  const auto done = support::run(what);
  EXPECT_EQ(done.status, 0) << what.argv[1] << ": " << done.err;
  return done.out;
}

int workflow_test::git_status(words arguments) const {
  launch what = command({});
  what.argv = std::move(arguments);
  what.argv.insert(what.argv.begin(), "git");
  return support::run(what).status;
}

void workflow_test::commit_all(const std::string& message) const {
  git({"add", "-A"});
  git({"commit", "--quiet", "-m", message});
}

void workflow_test::hook(const std::string& name, const std::string& script) const {
  const auto file = repo() / ".git" / "hooks" / name;
  write_text(file, "#!/bin/sh\n" + script + "\n");
  fs::permissions(file, fs::perms::owner_all);
}

void workflow_test::put_git_in_front(const std::string& before, const std::string& after) {
  const auto folder = root() / "bin";
  fs::create_directories(folder);
  write_text(folder / "git", "#!/bin/sh\nall=\" $* \"\n" + before + "\nPATH=\"" +
                                 std::string(std::getenv("PATH")) + "\"\ngit \"$@\"\nstatus=$?\n" +
                                 after + "\nexit $status\n");
  fs::permissions(folder / "git", fs::perms::owner_all);
  env["PATH"] = folder.string() + ":" + std::getenv("PATH");
}

finished workflow_test::ok(words arguments, const fs::path& where) const {
  auto what = command(std::move(arguments));
  if (!where.empty())
    what.cwd = where;
  auto done = run(what);
  EXPECT_EQ(done.status, 0) << done.out << done.err;
  return done;
}

std::string workflow_test::refused(words arguments) const {
  const auto done = cli(std::move(arguments));
  EXPECT_EQ(done.status, 1) << done.out << done.err;
  EXPECT_EQ(done.out, "");
  return done.err;
}

void workflow_test::implement(const std::string& id, const std::string& base) const {
  words arguments = {"implement", id};
  if (!base.empty())
    arguments.insert(arguments.end(), {"--base", base});
  ok(arguments);
  commit_work(id);
}

void workflow_test::commit_work(const std::string& id, const std::string& file,
                                const std::string& text) const {
  write_text(tree(id) / (file.empty() ? id + ".txt" : file),
             text.empty() ? "work of " + id + "\n" : text);
  git({"add", "-A"}, tree(id));
  git({"commit", "--quiet", "-m", "work of " + id}, tree(id));
}

std::string workflow_test::lane(const std::string& id) const {
  for (const auto& line : lines_of(read_text(wp_file(id))))
    if (line.starts_with("lane: "))
      return line.substr(7, line.size() - 8);
  return "none";
}

std::vector<std::string> workflow_test::stored() const {
  return lines_of(ok({"events", "export"}).out);
}

std::string event_line(const std::string& json) {
  const auto event = parsed(json);
  const json_value* payload = member(event, "payload");
  std::string line =
      text_of(event, "event_type").value_or("") + " " + text_of(event, "aggregate_id").value_or("");
  for (const char* name : {"previous_status", "new_status"})
    if (const auto text = payload == nullptr ? std::nullopt : text_of(*payload, name))
      line += " " + *text;
  return line;
}

std::vector<std::string> workflow_test::events() const {
  std::vector<std::string> all;
  for (const auto& json : stored())
    all.push_back(event_line(json));
  return all;
}

std::vector<std::string> workflow_test::transitions() const {
  auto all = events();
  std::erase_if(all, [](const std::string& text) { return text.starts_with("ErrorLogged"); });
  return all;
}

} // namespace spec_kitty::support
