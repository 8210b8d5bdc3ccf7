#include "app/chaos/workpackages/work_interruption.hpp"

#include <csignal>

namespace spec_kitty::chaos {

namespace {

constexpr std::uint64_t moment_parts = 65536;
constexpr int moment_tries = 8;
constexpr double slow_hook_ms = 200;
constexpr std::array<int, 4> signal_numbers = {SIGKILL, SIGTERM, SIGINT, SIGHUP};

struct hook_place {
  const char* name;
  const char* when;
};

constexpr std::array<hook_place, 5> commit_hooks = {
    {{"pre-commit", "true"},
     {"commit-msg", "true"},
     {"post-commit", "true"},
     {"reference-transaction", "[ $1 = prepared ]"},
     {"reference-transaction", "[ $1 = committed ]"}}};
constexpr std::array<hook_place, 3> merge_hooks = {
    {{"post-merge", "true"},
     {"reference-transaction", "[ $1 = prepared ]"},
     {"reference-transaction", "[ $1 = committed ]"}}};

hook_place hook_for(change_way way, std::uint64_t drawn) {
  return way == change_way::merge ? merge_hooks[drawn % merge_hooks.size()]
                                  : commit_hooks[drawn % commit_hooks.size()];
}

/// Before the first one has been measured.
double first_guess_ms(change_way way) {
  return way == change_way::run ? 1500 : way == change_way::merge ? 300 : 120;
}

std::string trial_words(const work_trial& trial) {
  return "`" + trial.arguments[0] + " … " + trial.slug + "`";
}

} // namespace

std::vector<std::uint64_t> draw_interruption(dice& chance, std::uint64_t command,
                                             std::uint64_t signal, bool two_homes) {
  const std::uint64_t homes = two_homes ? 2 : 1;
  return {command,
          signal,
          chance.below(moment_parts),
          chance.below(2),
          chance.below(2),
          chance.below(static_cast<std::uint64_t>(aftermath::count)),
          chance.below(homes),
          chance.below(homes),
          chance.below(commit_hooks.size() * merge_hooks.size())};
}

interruption read_interruption(const std::vector<std::uint64_t>& values) {
  const auto homes = work_site::homes();
  interruption how;
  how.command = values[0];
  how.signal = signal_numbers[values[1]];
  how.moment = static_cast<double>(values[2]) / moment_parts;
  how.group = values[3] != 0;
  how.slow = values[4] != 0;
  how.next = static_cast<aftermath>(values[5]);
  how.home = homes[values[6]];
  how.home_after = homes[values[7]];
  how.hook = values[8];
  return how;
}

interrupter::child_ptr interrupter::start(const interruption& how, const work_trial& trial,
                                          const variables& env) {
  auto what = site_.place().command(how.home, trial.arguments);
  what.env.insert(env.begin(), env.end());
  return std::make_unique<support::child>(what);
}

void interrupter::send(const support::child& process, const interruption& how) const {
  ::kill(how.group ? -process.pid() : process.pid(), how.signal);
}

void interrupter::end(support::child& process, const work_trial& trial, const interruption& how) {
  site_.place().judge_end(trial_words(trial), process.wait(), how.signal);
}

/// It had ended before the signal: its work has to be done.
bool interrupter::was_missed(const interruption& how, const work_trial& trial, child_ptr first) {
  const auto done = first->wait();
  site_.place().judge_end(trial_words(trial), done, 0);
  site_.look_at_ignored();
  usual_ms_[how.command] = static_cast<double>(done.took.count());
  const auto& command = trial_commands()[how.command];
  if (done.status == 0)
    command.promise(site_, trial.slug);
  else
    site_.place().seen.strange.push_back(
        {trial_words(trial) + " failed without a fault: " + done.err});
  return false;
}

bool interrupter::at_moment(const interruption& how, const variables& env) {
  const auto& command = trial_commands()[how.command];
  const auto usual = usual_ms_.try_emplace(how.command, first_guess_ms(command.way)).first;
  for (int left = moment_tries; left > 0; --left) {
    const auto trial = command.prepare(site_);
    if (how.slow)
      site_.slow_down();
    // Earlier each time it had ended before.
    const double time = (usual->second + (how.slow ? slow_hook_ms : 0)) * left / moment_tries;
    auto first = start(how, trial, env);
    (void)support::eventually([&] { return first->has_ended(); },
                              support::milliseconds(static_cast<int>(how.moment * time)));
    const bool alive = !first->has_ended();
    if (alive) {
      send(*first, how);
      usual->second *= 1.05; // it may take longer than it did
      follow(how, trial, std::move(first), env);
    } else {
      (void)was_missed(how, trial, std::move(first));
    }
    site_.remove_hooks();
    if (alive)
      return true;
  }
  return false;
}

bool interrupter::in_hook(const interruption& how) {
  const auto& command = trial_commands()[how.command];
  const auto hook = hook_for(command.way, how.hook);
  const auto trial = command.prepare(site_);
  site_.hold_in_hook(hook.name, hook.when);
  auto first = start(how, trial, {});
  (void)support::eventually([&] { return site_.is_held() || first->has_ended(); });
  const bool held = site_.is_held();
  if (held)
    send(*first, how);
  follow(how, trial, std::move(first), {});
  site_.remove_hooks();
  return held;
}

void interrupter::follow(const interruption& how, const work_trial& trial, child_ptr first,
                         const variables& env) {
  auto& in = site_.place();
  const auto& command = trial_commands()[how.command];
  const auto& home = trial.same_home ? how.home : how.home_after;
  if (how.next == aftermath::again_at_once && command.way != change_way::run) {
    auto what = in.command(home, trial.arguments);
    what.env.insert(env.begin(), env.end());
    support::child again(what);
    site_.let_go();
    const auto done = again.wait();
    in.judge_end(trial_words(trial) + " again", done, 0);
    if (done.status != 0 && command.way == change_way::commit)
      in.seen.strange.push_back({trial_words(trial) + " at once again failed: " + done.err});
    end(*first, trial, how);
  } else {
    site_.let_go();
    end(*first, trial, how);
  }
  if (how.next == aftermath::settle_first)
    in.run(home, {"agent", "tasks", "settle"});
  if (how.next == aftermath::another_first) {
    const auto& other = trial_commands()[2];
    bring_to_end(site_, other, other.prepare(site_), home, env);
  }
  bring_to_end(site_, command, trial, home, env);
  if (home != how.home) // what only it may record
    in.run(how.home, {"agent", "tasks", "settle"});
}

bool interrupter::before_person(const interruption& how, void (*act)(work_site& site)) {
  const auto& command = trial_commands()[how.command];
  const auto trial = command.prepare(site_);
  site_.hold_in_hook("post-commit");
  auto first = start(how, trial, {});
  const bool held =
      support::eventually([&] { return site_.is_held() || first->has_ended(); }) && site_.is_held();
  auto killed = how;
  killed.signal = SIGKILL;
  send(*first, killed);
  site_.let_go();
  end(*first, trial, killed);
  site_.remove_hooks();
  if (held && site_.is_quiet())
    act(site_);
  auto again = site_.place().command(how.home_after, trial.arguments);
  (void)site_.place().run(again); // on another branch it is refused
  if (site_.git({"branch", "--show-current"}) != "main\n")
    site_.git({"switch", "--quiet", "main"});
  bring_to_end(site_, command, trial, how.home_after);
  if (how.home_after != how.home)
    site_.place().run(how.home, {"agent", "tasks", "settle"});
  return held;
}

void rebase_main(work_site& site) {
  site.git({"switch", "--quiet", "--detach", "HEAD^"});
  site.git({"commit", "--quiet", "--allow-empty", "-m", "other"});
  const auto other = site.git({"rev-parse", "HEAD"}).substr(0, 40);
  site.git({"switch", "--quiet", "main"});
  site.git({"rebase", "--quiet", other});
}

void amend_last(work_site& site) {
  site.git({"commit", "--quiet", "--amend", "-m", "mine"});
}

void reset_last(work_site& site) {
  site.git({"reset", "--quiet", "--hard", "HEAD^"});
}

void switch_branch(work_site& site) {
  site.git({"switch", "--quiet", "--force-create", "aside"});
}

} // namespace spec_kitty::chaos
