#include "app/orchestrate/plan.hpp"

#include "app/workflow/text_lines.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace spec_kitty::orchestrate {

namespace {

constexpr std::array<std::string_view, 7> stage_names = {
    "waiting", "implementing", "implemented", "reviewing", "done", "skipped", "paused"};
constexpr std::array<std::string_view, 4> state_names = {"running", "paused", "done", "aborted"};

stage stage_of(std::string_view lane) {
  if (lane == "done")
    return stage::done;
  return lane == "for_review" ? stage::implemented : stage::waiting;
}

template <class Packages>
auto find_in(Packages& packages, std::string_view id) {
  const auto one = std::find_if(packages.begin(), packages.end(),
                                [&](const package_run& each) { return each.id == id; });
  return one == packages.end() ? nullptr : &*one;
}

bool is_free(const run_plan& run, const package_run& one) {
  return std::all_of(one.dependencies.begin(), one.dependencies.end(), [&](const auto& id) {
    const auto* other = run.find(id);
    return other != nullptr && other->is_over();
  });
}

/// The first agent behind `post.agent` that can and has not been given up.
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

/// One more failure of a post; false where nobody is left to try.
bool goes_on(post& post, role task, const agents_file& agents) {
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

failure used_up(const run_plan& run, const package_run& one, role task, bool rejected,
                const std::string& words) {
  std::string who;
  for (const auto& name : one.of(task).tried)
    who += (who.empty() ? "" : ", ") + name;
  const std::string what = task == role::review ? "its review" : "its implementation";
  return {ec::bad_input,
          one.id + ": " + what + (rejected ? " was rejected, by " : " failed with ") +
              (rejected ? one.review.agent : who) + ": " + workflow::as_one_line(words),
          "see .kittify/orchestration/" + run.feature + "/" + one.id +
              ".log, mend it, then: " + orchestrate_command(run, "--resume") +
              "; or leave it out: " + orchestrate_command(run, "--skip " + one.id)};
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

package_run* run_plan::find(std::string_view wanted) {
  return find_in(packages, wanted);
}

const package_run* run_plan::find(std::string_view wanted) const {
  return find_in(packages, wanted);
}

void take_in(run_plan& run, const std::vector<package_facts>& packages, const agents_file& agents) {
  workflow::dependency_graph graph;
  std::vector<package_run> all;
  for (const auto& facts : packages) {
    graph[facts.id] = facts.dependencies;
    const bool is_new = run.find(facts.id) == nullptr;
    package_run one = is_new ? package_run{} : *run.find(facts.id);
    one.id = facts.id;
    one.dependencies = facts.dependencies;
    const bool moved = one.lane != facts.lane;
    if (!one.running && (is_new || moved) && one.at != stage::skipped) {
      one.lane = facts.lane;
      one.at = stage_of(facts.lane);
      one.was_done = one.at == stage::done;
      one.unfinished.reset();
      one.moving_to.clear();
    }
    const auto* own = agents.find(facts.agent);
    if (is_new && run.impl_agent.empty() && own != nullptr && own->can(role::implementation))
      one.implementation.agent = own->name;
    all.push_back(std::move(one));
  }
  run.packages.clear();
  for (const auto& id : workflow::dependency_order(graph))
    for (auto& one : all)
      if (one.id == id)
        run.packages.push_back(std::move(one));
}

std::vector<std::string> builds_on(const run_plan& run, const package_run& one) {
  std::vector<std::string> all;
  for (const auto& id : one.dependencies) {
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

std::vector<start> due(const run_plan& run, const agents_file& agents) {
  const auto running = std::count_if(run.packages.begin(), run.packages.end(),
                                     [](const auto& one) { return one.running; });
  std::size_t room = agents.max_parallel -
                     std::min<std::size_t>(agents.max_parallel, static_cast<std::size_t>(running));
  std::vector<start> next;
  const auto take = [&](stage from, role task) {
    for (const auto& one : run.packages)
      if (room > 0 && !one.running && one.at == from && is_free(run, one)) {
        next.push_back({one.id, task});
        --room;
      }
  };
  take(stage::implemented, role::review); // what is nearly done frees others
  take(stage::waiting, role::implementation);
  return next;
}

result<void> begin(run_plan& run, package_run& one, role task, const agents_file& agents,
                   epoch_us now) {
  post& post = one.of(task);
  if (post.agent.empty()) {
    const std::string& named = task == role::review ? run.review_agent : run.impl_agent;
    const auto* chosen = named.empty() ? agents.first_for(task) : agents.find(named);
    if (named.empty() && task == role::review) // another pair of eyes, where there is one
      for (const auto& other : agents.agents)
        if (other.can(task) && other.name != one.implementation.agent) {
          chosen = &other;
          break;
        }
    if (chosen == nullptr || !chosen->can(task))
      return failure{ec::bad_config,
                     "no agent has the role " + std::string(to_string(task)) + " for " + one.id,
                     "add one to .kittify/agents.toml, then: " +
                         orchestrate_command(run, "--resume")};
    post.agent = chosen->name;
  }
  ++post.starts;
  one.at = task == role::review ? stage::reviewing : stage::implementing;
  one.running = true;
  one.began = now;
  return {};
}

void settle(run_plan& run, package_run& one, const attempt_end& end, const agents_file& agents,
            epoch_us now) {
  const role task = one.task();
  one.running = false;
  one.spent += std::max<epoch_us>(now - one.began, 0);
  one.reason.clear();
  one.hint.clear();
  if (end.what == attempt_end::kind::done) {
    one.at = task == role::review ? stage::done : stage::implemented;
    return;
  }
  one.reason = end.words;
  ++one.errors;
  const bool rework = end.what == attempt_end::kind::changes_requested;
  const role whose = rework ? role::implementation : task;
  one.at = whose == role::review ? stage::implemented : stage::waiting;
  if (one.of(whose).agent.empty()) // it came to review without an implementation of this run
    return;
  if (!goes_on(one.of(whose), whose, agents))
    pause(run, one, used_up(run, one, whose, rework, end.words));
}

void pause(run_plan& run, package_run& one, const failure& why) {
  one.running = false;
  one.at = stage::paused;
  one.reason = why.message;
  one.hint = why.hint.empty() ? "then: " + orchestrate_command(run, "--resume") : why.hint;
}

void hold_end(run_plan& run, package_run& one, const failure& why) {
  const stage was = one.at;
  pause(run, one, why);
  one.unfinished = was;
}

std::string why_paused(const package_run& one) {
  return (one.reason.starts_with(one.id) ? "" : one.id + ": ") + one.reason;
}

void revive(run_plan& run, const agents_file& agents) {
  for (auto& one : run.packages) {
    if (one.at == stage::paused && one.unfinished) {
      one.at = *std::exchange(one.unfinished, std::nullopt);
      one.running = true;
      one.reason.clear();
      one.hint.clear();
    }
    for (const role task : {role::implementation, role::review}) {
      post& post = one.of(task);
      const std::string& named = task == role::review ? run.review_agent : run.impl_agent;
      if (one.running)
        continue; // its attempt goes on under the name it has
      const bool gone = agents.find(post.agent) == nullptr;
      if (one.at == stage::paused || gone) {
        post.agent = post.tried.empty() ? post.agent : post.tried.front();
        post.failures = 0;
        post.tried.clear();
      }
      if (gone && agents.find(post.agent) == nullptr)
        post.agent.clear();
      if (!named.empty())
        post.agent = named;
    }
    if (one.at == stage::paused) {
      one.at = stage_of(one.lane);
      one.reason.clear();
      one.hint.clear();
    }
  }
}

bool is_complete(const run_plan& run) {
  return std::all_of(run.packages.begin(), run.packages.end(),
                     [](const auto& one) { return one.at == stage::done; });
}

bool is_over(const run_plan& run) {
  return std::all_of(run.packages.begin(), run.packages.end(),
                     [](const auto& one) { return one.is_over(); });
}

std::string orchestrate_command(const run_plan& run, const std::string& words) {
  return "spec-kitty orchestrate " + (words.empty() ? "" : words + " ") + "--feature " +
         run.feature;
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
