#include "app/orchestrate/plan.hpp"

#include "app/workflow/text_lines.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace spec_kitty::orchestrate {

namespace {

constexpr std::array<std::string_view, 7> stage_names = {
    "waiting", "implementing", "implemented", "reviewing", "done", "skipped", "paused"};
constexpr std::uint64_t max_no_verdicts = 2;
constexpr std::array<std::string_view, 4> state_names = {"running", "paused", "done", "aborted"};

stage stage_of(std::string_view lane) {
  if (lane == "done")
    return stage::done;
  return lane == "for_review" ? stage::implemented : stage::waiting;
}

template <class Packages>
auto find_in(Packages& packages, std::string_view id) {
  const auto found = std::find_if(packages.begin(), packages.end(),
                                  [&](const package_run& each) { return each.id == id; });
  return found == packages.end() ? nullptr : &*found;
}

bool is_free(const orchestration& run, const package_run& package) {
  return std::all_of(package.dependencies.begin(), package.dependencies.end(), [&](const auto& id) {
    const auto* other = run.find(id);
    return other != nullptr && other->is_over();
  });
}

/// The first fallback of `post.agent` that has the role and has not used up its attempts.
const agent_spec* next_agent(const post& post, role task, const agents_file& agents) {
  const auto* now = agents.find(post.agent);
  if (now == nullptr)
    return nullptr;
  for (const auto& name : now->fallback) {
    const auto* other = agents.find(name);
    const bool tried = std::find(post.tried.begin(), post.tried.end(), name) != post.tried.end();
    if (other != nullptr && other->can(task) && !tried)
      return other;
  }
  return nullptr;
}

/// Counts a failure; false where no agent is left to try.
bool can_retry(post& post, role task, const agents_file& agents) {
  if (++post.failures <= agents.max_retries)
    return true;
  post.tried.push_back(post.agent);
  const auto* next = next_agent(post, task, agents);
  if (next == nullptr)
    return false;
  post.agent = next->name;
  post.failures = 0;
  return true;
}

failure used_up(const orchestration& run, const package_run& package, role task, bool rejected,
                const std::string& words) {
  std::string names;
  for (const auto& name : package.of(task).tried)
    names += (names.empty() ? "" : ", ") + name;
  const std::string what = task == role::review ? "its review" : "its implementation";
  return {ec::bad_input,
          package.id + ": " + what + (rejected ? " was rejected, by " : " failed with ") +
              (rejected ? package.review.agent : names) + ": " + workflow::as_one_line(words),
          "see .kittify/orchestration/" + run.feature + "/" + package.id +
              ".log, fix it, then: " + orchestrate_command(run, "--resume") +
              "; or skip it: " + orchestrate_command(run, "--skip " + package.id)};
}

failure undecided(const orchestration& run, const package_run& package, const std::string& words) {
  const std::string feature = " " + shell_option("--feature", run.feature);
  return {ec::bad_input,
          package.id + ": its reviewer " + package.review.agent +
              " was asked twice: " + workflow::as_one_line(words),
          "see .kittify/orchestration/" + run.feature + "/" + package.id +
              ".log; approve it: spec-kitty agent tasks move-task " + package.id +
              " --to done --force" + feature +
              "; or have it reviewed again: " + orchestrate_command(run, "--resume")};
}

} // namespace

std::string_view to_string(stage at) {
  return stage_names[static_cast<std::size_t>(at)];
}

std::optional<stage> parse_stage(std::string_view name) {
  const auto* at = std::find(stage_names.begin(), stage_names.end(), name);
  if (at == stage_names.end())
    return std::nullopt;
  return static_cast<stage>(at - stage_names.begin());
}

std::string_view to_string(run_state state) {
  return state_names[static_cast<std::size_t>(state)];
}

package_run* orchestration::find(std::string_view wanted) {
  return find_in(packages, wanted);
}

const package_run* orchestration::find(std::string_view wanted) const {
  return find_in(packages, wanted);
}

void take_in(orchestration& run, const std::vector<package_facts>& packages,
             const agents_file& agents) {
  workflow::dependency_graph graph;
  std::vector<package_run> all;
  for (const auto& facts : packages) {
    graph[facts.id] = facts.dependencies;
    const bool is_new = run.find(facts.id) == nullptr;
    package_run package = is_new ? package_run{} : *run.find(facts.id);
    package.id = facts.id;
    package.dependencies = facts.dependencies;
    const bool moved = package.lane != facts.lane;
    if (!package.running && (is_new || moved) && package.at != stage::skipped) {
      package.lane = facts.lane;
      package.at = stage_of(facts.lane);
      package.was_done = package.at == stage::done;
      package.unfinished.reset();
      package.moving_to.clear();
    }
    const auto* own = agents.find(facts.agent);
    if (is_new && run.impl_agent.empty() && own != nullptr && own->can(role::implementation))
      package.implementation.agent = own->name;
    all.push_back(std::move(package));
  }
  run.packages.clear();
  for (const auto& id : workflow::dependency_order(graph))
    for (auto& work_item : all)
      if (work_item.id == id)
        run.packages.push_back(std::move(work_item));
}

std::vector<std::string> builds_on(const orchestration& run, const package_run& package) {
  std::vector<std::string> all;
  for (const auto& id : package.dependencies) {
    const auto* other = run.find(id);
    const auto below = other != nullptr && other->at == stage::skipped
                           ? builds_on(run, *other) // the graph has no cycle
                           : std::vector<std::string>{id};
    for (const auto& each : below)
      if (std::find(all.begin(), all.end(), each) == all.end())
        all.push_back(each);
  }
  return all;
}

std::vector<start> due(const orchestration& run, const agents_file& agents) {
  const auto running = std::count_if(run.packages.begin(), run.packages.end(),
                                     [](const auto& package) { return package.running; });
  std::size_t capacity =
      agents.max_parallel -
      std::min<std::size_t>(agents.max_parallel, static_cast<std::size_t>(running));
  std::vector<start> next;
  const auto take = [&](stage from, role task) {
    for (const auto& package : run.packages)
      if (capacity > 0 && !package.running && package.at == from && is_free(run, package)) {
        next.push_back({package.id, task});
        --capacity;
      }
  };
  take(stage::implemented, role::review); // a review may free dependents
  take(stage::waiting, role::implementation);
  return next;
}

result<void> begin(orchestration& run, package_run& package, role task, const agents_file& agents,
                   epoch_us now) {
  post& post = package.of(task);
  if (post.agent.empty()) {
    const std::string& named = task == role::review ? run.review_agent : run.impl_agent;
    const auto* chosen = named.empty() ? agents.first_for(task) : agents.find(named);
    if (named.empty() && task == role::review) // preferably not the implementer
      for (const auto& other : agents.agents)
        if (other.can(task) && other.name != package.implementation.agent) {
          chosen = &other;
          break;
        }
    if (chosen == nullptr || !chosen->can(task))
      return failure{ec::bad_config,
                     "no agent has the role " + std::string(to_string(task)) + " for " + package.id,
                     "add one to .kittify/agents.toml, then: " +
                         orchestrate_command(run, "--resume")};
    post.agent = chosen->name;
  }
  ++post.starts;
  package.at = task == role::review ? stage::reviewing : stage::implementing;
  package.running = true;
  package.began = now;
  return {};
}

void settle(orchestration& run, package_run& package, const attempt_end& end,
            const agents_file& agents, epoch_us now) {
  const role task = package.task();
  package.running = false;
  package.spent += std::max<epoch_us>(now - package.began, 0);
  package.reason.clear();
  package.hint.clear();
  const bool undecided_review = end.what == attempt_end::kind::no_verdict;
  package.review.no_verdicts = undecided_review ? package.review.no_verdicts + 1 : 0;
  if (end.what == attempt_end::kind::done) {
    package.at = task == role::review ? stage::done : stage::implemented;
    return;
  }
  package.reason = end.words;
  ++package.errors;
  if (undecided_review) {
    package.at = stage::implemented;
    if (package.review.no_verdicts >= max_no_verdicts)
      pause(run, package, undecided(run, package, end.words));
    return;
  }
  const bool rework = end.what == attempt_end::kind::changes_requested;
  const role failed_task = rework ? role::implementation : task;
  package.at = failed_task == role::review ? stage::implemented : stage::waiting;
  if (package.of(failed_task).agent.empty()) // this run did not implement it
    return;
  if (!can_retry(package.of(failed_task), failed_task, agents))
    pause(run, package, used_up(run, package, failed_task, rework, end.words));
}

void pause(orchestration& run, package_run& package, const failure& why) {
  package.running = false;
  package.at = stage::paused;
  package.reason = why.message;
  package.hint = why.hint.empty() ? resume_hint(run) : why.hint;
}

void hold_end(orchestration& run, package_run& package, const failure& why) {
  const stage was = package.at;
  pause(run, package, why);
  package.unfinished = was;
}

std::string why_paused(const package_run& package) {
  return (package.reason.starts_with(package.id) ? "" : package.id + ": ") + package.reason;
}

void revive(orchestration& run, const agents_file& agents) {
  for (auto& package : run.packages) {
    if (package.at == stage::paused && package.unfinished) {
      package.at = *std::exchange(package.unfinished, std::nullopt);
      package.running = true;
      package.reason.clear();
      package.hint.clear();
    }
    for (const role task : {role::implementation, role::review}) {
      post& post = package.of(task);
      const std::string& named = task == role::review ? run.review_agent : run.impl_agent;
      if (package.running)
        continue; // its attempt continues with the same agent
      const bool gone = agents.find(post.agent) == nullptr;
      if (package.at == stage::paused || gone) {
        post.agent = post.tried.empty() ? post.agent : post.tried.front();
        post.failures = 0;
        post.no_verdicts = 0;
        post.tried.clear();
      }
      if (gone && agents.find(post.agent) == nullptr)
        post.agent.clear();
      if (!named.empty())
        post.agent = named;
    }
    if (package.at == stage::paused) {
      package.at = stage_of(package.lane);
      package.reason.clear();
      package.hint.clear();
    }
  }
}

bool is_complete(const orchestration& run) {
  return std::all_of(run.packages.begin(), run.packages.end(),
                     [](const auto& package) { return package.at == stage::done; });
}

bool is_over(const orchestration& run) {
  return std::all_of(run.packages.begin(), run.packages.end(),
                     [](const auto& package) { return package.is_over(); });
}

std::string orchestrate_command(const orchestration& run, const std::string& words) {
  return "spec-kitty orchestrate " + (words.empty() ? "" : words + " ") +
         shell_option("--feature", run.feature);
}

std::string resume_hint(const orchestration& run) {
  return "resume with: " + orchestrate_command(run, "--resume");
}

std::string iso_duration(epoch_us time) {
  const auto all = static_cast<std::int64_t>(time / 1'000'000);
  std::string text = "PT";
  if (all >= 3600)
    text += std::to_string(all / 3600) + "H";
  if (all % 3600 >= 60)
    text += std::to_string(all / 60 % 60) + "M";
  return text + std::to_string(all % 60) + "S";
}

} // namespace spec_kitty::orchestrate
