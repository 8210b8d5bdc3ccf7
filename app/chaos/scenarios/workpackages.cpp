// Interruptions of the commands that change work packages.
//
// Each step makes a command ready, interrupts it, perhaps lets a person act, and runs it again to
// its end. Then what git's history shows is compared with the events that were recorded.
#include "app/chaos/io_fault.hpp"
#include "app/chaos/scenarios/scenarios.hpp"
#include "app/chaos/views.hpp"
#include "app/chaos/workpackages/work_interruption.hpp"
#include "util/files.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <csignal>

namespace spec_kitty::chaos {

namespace {

constexpr auto in_a_hook = "killed in a hook";
constexpr auto hung_up = "SIGHUP under nohup, in a hook";
constexpr auto store_locked = "killed, the store locked";
constexpr auto home_full = "killed, no space in the home";
constexpr std::uint64_t commit_commands = 5; ///< of the bar: those that make one commit on main

std::string at_random(std::uint64_t signal) {
  return std::string(trial_signals[signal]) + " at a random moment";
}

struct person_act {
  const char* fault;
  void (*act)(work_site& site);
};

constexpr std::array<person_act, 4> person_acts = {
    {{"killed, then a rebase", rebase_main},
     {"killed, then an amend", amend_last},
     {"killed, then a hard reset", reset_last},
     {"killed, then a branch switch", switch_branch}}};

/// Another process holds the store: what is recorded is spilled.
bool with_locked_store(interrupter& cut, work_site& site, const interruption& how) {
  std::vector<unique_fd> held;
  for (const auto& home : work_site::homes()) {
    const auto file = site.place().home(home) / "queue/lock";
    held.emplace_back(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!held.back() || ::flock(held.back().get(), LOCK_EX) != 0)
      return false;
  }
  return cut.at_moment(how, {{"SPEC_KITTY_SYNC_BUSY_TIMEOUT_MS", "60"}});
}

/// Nothing can be recorded in the home; with space again, the next command does it.
bool with_full_home(interrupter& cut, work_site& site, const interruption& how) {
  auto& in = site.place();
  const auto faulty =
      with_io_fault(in, {}, io_fault_named("disk full from operation"), 1, in.home(how.home));
  interruption same = how;
  same.home_after = how.home;
  const bool hit = cut.at_moment(same, faulty.env);
  if (in.run(how.home, {"agent", "tasks", "settle"}).status != 0)
    in.seen.strange.push_back({"`agent tasks settle` failed with space in the home again"});
  return hit;
}

/// The terminal is closed, and nobody is to notice.
bool hung_up_under_nohup(interrupter& cut, const interruption& how) {
  const auto before = std::signal(SIGHUP, SIG_IGN);
  const bool hit = cut.in_hook(how);
  std::signal(SIGHUP, before);
  return hit;
}

bool play_step(interrupter& cut, work_site& site, const step& step) {
  const auto how = read_interruption(step.values);
  for (const auto& each : person_acts)
    if (step.fault == each.fault)
      return cut.before_person(how, each.act);
  if (step.fault == in_a_hook)
    return cut.in_hook(how);
  if (step.fault == hung_up)
    return hung_up_under_nohup(cut, how);
  if (step.fault == store_locked)
    return with_locked_store(cut, site, how);
  if (step.fault == home_full)
    return with_full_home(cut, site, how);
  return cut.at_moment(how);
}

void play_all(work_site& site, const std::vector<step>& steps, outcome& out) {
  interrupter cut(site);
  for (std::size_t i = 0; i < steps.size() && !site.place().where().enough(); ++i) {
    const auto& step = steps[i];
    const std::string command(trial_commands()[step.values[0]].name);
    out.count(step.fault, play_step(cut, site, step));
    ++out.figures["interrupted " + command];
    site.look("after step " + std::to_string(i) + " (" + command + ", " + step.fault + ")");
  }
}

} // namespace

std::vector<step> plan_workpackages(dice& chance) {
  const bool two_homes = chance.one_in(2);
  const auto drawn = [&](std::uint64_t command, std::uint64_t signal) {
    return draw_interruption(chance, command, signal, two_homes);
  };
  std::vector<step> out;
  for (std::uint64_t command = 0; command < bar_commands; ++command) {
    const auto first = chance.below(2);
    for (const auto signal : {first, first + 2})
      out.push_back({at_random(signal), drawn(command, signal)});
  }
  for (auto command = bar_commands; command < trial_commands().size(); ++command) {
    const auto signal = chance.below(trial_signals.size());
    out.push_back({at_random(signal), drawn(command, signal)});
  }
  for (int i = 0; i < 2; ++i)
    out.push_back({in_a_hook, drawn(chance.below(bar_commands), chance.below(4))});
  out.push_back({hung_up, drawn(chance.below(commit_commands), 3)});
  out.push_back({person_acts[chance.below(person_acts.size())].fault,
                 drawn(chance.below(commit_commands), 0)});
  out.push_back({store_locked, drawn(chance.below(bar_commands), chance.below(4))});
  out.push_back({home_full, drawn(chance.below(commit_commands + 1), chance.below(4))});
  chance.shuffle(out);
  return out;
}

outcome play_workpackages(const stage& where, std::uint64_t, const std::vector<step>& steps) {
  outcome out;
  work_site site(where);
  auto& seen = site.place().seen;
  std::string broken_off; // what was seen until then is judged all the same
  try {
    play_all(site, steps, out);
    site.finish();
  } catch (const std::exception& why) {
    broken_off = why.what();
  }
  if (!seen.works.empty())
    out.figures["changes on the branch"] += seen.works.back().on_branch.size();
  for (const auto& home : work_site::homes()) {
    auto view = view_store(home, site.place().home(home));
    view.events.clear(); // they are judged by what the branch shows
    seen.stores.push_back(std::move(view));
  }
  out.violations = check_all(seen);
  if (!broken_off.empty())
    out.violations.push_back({"harness", "the scenario broke off: " + broken_off});
  return out;
}

} // namespace spec_kitty::chaos
