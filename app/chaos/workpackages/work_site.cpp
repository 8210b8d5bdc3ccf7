#include "app/chaos/workpackages/work_site.hpp"

#include "app/chaos/views.hpp"
#include "app/chaos/workpackages/leftovers.hpp"

#include <stdexcept>

namespace spec_kitty::chaos {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

constexpr auto git_patience = 30s; ///< longer than a hook holds git

constexpr int max_locks = 5;
constexpr std::string_view lock_in_the_way = ".lock': File exists";
const std::map<std::string, std::string> person = {{"GIT_CONFIG_GLOBAL", "/dev/null"},
                                                   {"GIT_CONFIG_NOSYSTEM", "1"},
                                                   {"GIT_AUTHOR_NAME", "person"},
                                                   {"GIT_AUTHOR_EMAIL", "person@example.org"},
                                                   {"GIT_COMMITTER_NAME", "person"},
                                                   {"GIT_COMMITTER_EMAIL", "person@example.org"},
                                                   {"SPEC_KITTY_SYNC_BUSY_TIMEOUT_MS", "2000"}};

std::string package_text(const std::string& wp, const std::string& lane) {
  return "---\nwork_package_id: \"" + wp + "\"\ntitle: \"Part " + wp + "\"\nlane: \"" + lane +
         "\"\nagent: \"\"\n---\n\n# " + wp + "\n\n## Activity Log\n\n" +
         "- 2026-01-01T00:00:00Z – system – lane=planned – Prompt created\n";
}

std::string tasks_text(const feature_plan& plan) {
  std::string text = "# Work Packages\n";
  for (std::size_t i = 1; i <= plan.lanes.size(); ++i) {
    const auto number = std::to_string(i);
    const std::string box = plan.boxes_checked ? "- [x] T0" : "- [ ] T0";
    text += "\n## Work Package WP0" + number + ": Part\n\n";
    text += box + number + "1 first\n" + box + number + "2 second\n";
    if (plan.depends && i > 1)
      text += "\nDepends on WP0" + std::to_string(i - 1) + ".\n";
  }
  return text;
}

} // namespace

work_site::work_site(const stage& where) : installation_(where) {
  for (const auto& home : homes())
    installation_.set_environment(home, person);
  fs::create_directories(checkout() / ".kittify");
  support::write_text(checkout() / ".kittify/config.yaml",
                      "project:\n  uuid: 3f0e5f0c-5a2e-4b1f-9a57-0a4c0a0f7e02\n  slug: work\n");
  support::write_text(checkout() / ".kittify/agents.toml",
                      "[agents.scripted]\ncommand = [\"./agent.sh\"]\n");
  support::write_text(
      checkout() / "agent.sh",
      "#!/bin/sh\ncat > /dev/null\nif [ $SPEC_KITTY_PHASE = review ]; then\n"
      "  echo APPROVED\nelse\n  echo work > $SPEC_KITTY_FEATURE-$SPEC_KITTY_WP.txt\n"
      "  git add -A && { git diff --cached --quiet || git commit -qm work; }\nfi\n");
  fs::permissions(checkout() / "agent.sh", fs::perms::owner_all);
  git({"init", "--quiet", "--initial-branch=main"});
  git({"add", "-A"});
  git({"commit", "--quiet", "-m", "start"});
  installation_.start_server();
  for (const auto& home : homes())
    if (!installation_.log_in(home))
      throw std::runtime_error("the login failed before any fault");
}

std::string work_site::make_feature(const feature_plan& plan) {
  auto number = std::to_string(++features_);
  number.insert(0, 3 - std::min<std::size_t>(number.size(), 3), '0');
  const std::string slug = number + "-" + plan.name;
  const auto folder = feature_folder(slug);
  fs::create_directories(folder / "tasks");
  support::write_text(folder / "meta.json", "{\n  \"feature_number\": \"" + number +
                                                "\",\n  \"slug\": \"" + slug +
                                                "\",\n  \"target_branch\": \"main\"\n}\n");
  support::write_text(folder / "tasks.md", tasks_text(plan));
  for (std::size_t i = 0; i < plan.lanes.size(); ++i) {
    const auto wp = "WP0" + std::to_string(i + 1);
    const auto file = folder / "tasks" / (wp + "-part.md");
    support::write_text(file, package_text(wp, plan.lanes[i]));
    if (!plan.ignored)
      continue;
    const auto path = file.lexically_relative(checkout()).string();
    ignored_[path] = work_shown_by(path, support::read_text(file));
  }
  if (plan.ignored) {
    const auto exclude = checkout() / ".git/info/exclude";
    support::write_text(exclude, support::read_text(exclude) + "/kitty-specs/" + slug + "/\n");
    return slug;
  }
  git({"add", "kitty-specs/" + slug});
  git({"commit", "--quiet", "-m", "feature " + slug});
  return slug;
}

std::string work_site::git(const words& arguments, const fs::path& in, const std::string& input) {
  words argv = {"git"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  auto what = installation_.program("home", argv, input);
  if (!in.empty())
    what.cwd = in;
  auto done = support::run(what);
  // Locks of a killed git, or of one still at work: the person waits, then removes each as git
  // advises.
  for (int locks = 0; locks < max_locks; ++locks) {
    const auto end = done.err.find(lock_in_the_way);
    if (done.status == 0 || end == std::string::npos)
      break;
    (void)is_quiet();
    const auto begin = done.err.rfind('\'', end) + 1;
    fs::remove(done.err.substr(begin, end + 5 - begin));
    done = support::run(what);
  }
  if (done.status != 0)
    throw std::runtime_error("git " + arguments.front() + " of the person failed: " + done.err);
  return done.out;
}

void work_site::write_hook(const std::string& name, const std::string& script) {
  const auto file = checkout() / ".git/hooks" / name;
  fs::create_directories(file.parent_path());
  support::write_text(file, "#!/bin/sh\n" + script + "\n");
  fs::permissions(file, fs::perms::owner_all);
  hooks_.push_back(name);
}

void work_site::hold_in_hook(const std::string& name, const std::string& when) {
  const auto armed = (installation_.folder() / "armed").string();
  const auto held = (installation_.folder() / "held").string();
  support::write_text(armed, "");
  write_hook(name, when + " && rm " + armed + " 2>/dev/null || exit 0\ntouch " + held +
                       "\ni=0\nwhile [ -e " + held +
                       " ] && [ $i -lt 1000 ]; do sleep 0.02; i=$((i+1)); done\nexit 0");
}

bool work_site::is_held() const {
  return fs::exists(installation_.folder() / "held");
}

void work_site::let_go() const {
  std::error_code error;
  fs::remove(installation_.folder() / "armed", error);
  fs::remove(installation_.folder() / "held", error);
}

void work_site::slow_down() {
  write_hook("pre-commit", "exec sleep 0.2");
}

void work_site::remove_hooks() {
  std::error_code error;
  for (const auto& name : hooks_)
    fs::remove(checkout() / ".git/hooks" / name, error);
  hooks_.clear();
}

bool work_site::is_quiet() const {
  return support::eventually([&] { return git_processes(checkout()).empty(); }, git_patience);
}

void work_site::look_at_ignored() {
  for (auto& [path, shown] : ignored_) {
    auto now = work_shown_by(path, support::read_text(checkout() / path));
    add_work_changes(shown, now, ignored_changes_);
    shown = std::move(now);
  }
}

std::vector<std::string> work_site::events() {
  auto all = installation_.server().events();
  for (const auto& home : homes())
    for (auto& event : stored_events(installation_.home(home)))
      all.push_back(std::move(event));
  return all;
}

void work_site::look(const std::string& when) {
  (void)is_quiet(); // what does not end is named below
  const git_runner run_git = [&](const words& arguments, const std::string& input) {
    return git(arguments, {}, input);
  };
  for (const auto& home : homes())
    if (has_spilled(installation_.home(home)))
      installation_.sync_now(home); // takes them in
  look_at_ignored();
  work_view view;
  view.when = when;
  view.on_branch = changes_on(run_git, "main");
  view.on_branch.insert(view.on_branch.end(), ignored_changes_.begin(), ignored_changes_.end());
  for (const auto& subject : promised_)
    view.on_branch.push_back({subject, {}, {}});
  view.recorded = records_of(events());
  view.left = leftovers_in(checkout(), run_git);
  installation_.seen.works.push_back(std::move(view));
}

void work_site::finish() {
  installation_.heal(homes());
  look("at the end");
  auto& last = installation_.seen.works.back();
  last.when = "on the server";
  last.recorded = records_of(installation_.server().events());
}

} // namespace spec_kitty::chaos
