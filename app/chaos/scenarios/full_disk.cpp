// A full disk, in two ways: by the preloaded library at a chosen file operation of recording,
// draining, acknowledging, a login, a setting; and for real, on a small file system, full to the
// last byte or inode or read-only at random moments while emitters and drainers are at work.
#include "app/chaos/scenarios/full_disk.hpp"

#include "app/chaos/home_workload.hpp"
#include "app/chaos/scenarios/scenarios.hpp"
#include "app/chaos/small_disk.hpp"

#include <optional>
#include <stdexcept>
#include <thread>

namespace spec_kitty::chaos {

namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;

constexpr std::uint64_t full_disk_parts = 65536; // of a fraction
constexpr int full_disk_tries = 5;
constexpr auto by_operation = "no space from operation";
constexpr auto no_byte = "full to the last byte";
constexpr auto no_inode = "full to the last inode";
constexpr auto read_only = "read-only for a while";

/// A home on a small disk, and a crowd in it; it ends before the disk does.
class small_home {
public:
  explicit small_home(const stage& where)
      : disk_(where.folder / "home", "size=12m,nr_inodes=400"), installation_(where) {
    installation_.start_server();
    if (!installation_.log_in())
      throw std::runtime_error("the login failed before any fault");
  }

  bool fill(bool inodes, microseconds before, microseconds hold) {
    if (!workload_)
      gather();
    workload_->work(before);
    bool full = false;
    const auto until = std::chrono::steady_clock::now() + hold;
    do { // those at work give some back now and then
      full = (inodes ? disk_.fill_inodes() : disk_.fill()) || full;
      workload_->work(2ms);
    } while (std::chrono::steady_clock::now() < until);
    disk_.free();
    works_again(installation_, "home", inodes ? no_inode : no_byte);
    return full;
  }

  /// A mount becomes read-only only while no program has a file of it open for writing: single
  /// commands, and the remount as soon as they leave it a gap.
  bool switch_over(microseconds before, microseconds hold) {
    if (workload_)
      workload_->end();
    workload_.reset();
    start_singles();
    std::this_thread::sleep_for(before);
    const bool switched = support::eventually([&] { return disk_.make_read_only(true); }, 10s);
    start_singles();
    std::this_thread::sleep_for(hold);
    if (switched && !support::eventually([&] { return disk_.make_read_only(false); }, 10s))
      throw std::runtime_error("the disk stayed read-only");
    end_singles();
    works_again(installation_, "home", read_only);
    return switched;
  }

  std::vector<violation> finish(outcome& out) {
    if (workload_)
      workload_->end();
    installation_.heal({"home"});
    for (const auto& attempt : installation_.seen.attempts)
      out.figures["events acknowledged"] += attempt.acknowledged ? 1 : 0;
    return installation_.judge({"home"});
  }

private:
  struct single {
    job what;
    std::unique_ptr<support::child> running;
  };

  void gather() {
    workload_.emplace(installation_, "home");
    for (int i = 0; i < 2; ++i)
      workload_->add_emitter([this] { return installation_.command("home", {"emit", "--stdin"}); });
    workload_->add_emitter([this] {
      return installation_.program(
          "home", {(installation_.where().parts / "spec-kitty-chaos-host").string()});
    });
    workload_->add_runner("`sync now`", [this] {
      return installation_.command("home", {"sync", "now", "--json"});
    });
    workload_->add_runner("the daemon", [this] {
      return installation_.command("home", {"sync", "daemon", "run"});
    });
  }

  void start_singles() {
    for (int i = 0; i < 3; ++i)
      start(emit_job(installation_, "home"));
    start(command_job(installation_, "home", {"sync", "now"}));
  }
  void start(job job) {
    auto running = std::make_unique<support::child>(job.what);
    running->close_input();
    singles_.push_back({std::move(job), std::move(running)});
  }
  void end_singles() {
    for (auto& single : singles_) {
      const auto done = single.running->wait();
      if (single.what.places.empty())
        installation_.note_report("home", done.out);
      else if (!done.out.empty())
        installation_.take(single.what.places.front(), done.out);
      judge_job(installation_, single.what, done);
    }
    singles_.clear();
  }

  small_disk disk_;
  installation installation_;
  std::optional<home_workload> workload_;
  std::vector<single> singles_;
};

} // namespace

std::vector<step> plan_full_disk(dice& chance) {
  std::vector<step> out;
  out.reserve(12);
  for (int i = 0; i < 4; ++i) // what, place
    out.push_back({by_operation, {chance.below(disk_work::kinds), chance.below(full_disk_parts)}});
  for (int i = 0; i < 8; ++i) // µs before, µs that it lasts
    out.push_back({chance.pick(std::vector<std::string>{no_byte, no_inode, read_only}),
                   {chance.below(12000), chance.between(1000, 40000)}});
  return out;
}

outcome play_full_disk(const stage& where, std::uint64_t, const std::vector<step>& steps) {
  outcome out;
  {
    stage first = where;
    first.folder = where.folder / "counted";
    disk_work work(first);
    std::map<std::uint64_t, std::uint64_t> known;
    for (const auto& step : steps) {
      if (step.fault != by_operation || where.enough())
        continue;
      auto& operations = known[step.values[0]];
      bool hit = false;
      for (int i = 0; i < full_disk_tries && !hit; ++i) {
        const auto bound = std::min(operations, disk_work::max_operations);
        const std::uint64_t at = bound == 0 ? 0 : 1 + step.values[1] * bound / full_disk_parts;
        const auto counted = work.run(static_cast<disk_work::kind>(step.values[0]), at);
        hit = at > 0 && counted >= at;
        if (!hit)
          operations = counted;
      }
      out.count(step.fault, hit);
    }
    out.violations = work.finish();
    for (const auto& attempt : work.place().seen.attempts)
      out.figures["events acknowledged"] += attempt.acknowledged ? 1 : 0;
  }
  if (const auto why = small_disk::why_not(); !why.empty()) {
    for (const auto* kind : {no_byte, no_inode, read_only})
      out.skipped[kind] = why;
    return out;
  }
  stage second = where;
  second.folder = where.folder / "mounted";
  small_home home(second);
  for (const auto& step : steps) {
    if (step.fault == by_operation || where.enough())
      continue;
    const microseconds before(step.values[0]);
    const microseconds hold(step.values[1]);
    out.count(step.fault, step.fault == read_only
                              ? home.switch_over(before, hold)
                              : home.fill(step.fault == no_inode, before, hold));
  }
  const auto found = home.finish(out);
  out.violations.insert(out.violations.end(), found.begin(), found.end());
  return out;
}

} // namespace spec_kitty::chaos
