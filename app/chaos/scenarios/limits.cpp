// What a process may use, bounded: descriptors, address space, file size, threads; and forks of a
// process that embeds the library.
//
// A command under such a bound either works or says clearly that it did not record. A host may be
// ended by CAF where memory or a thread is refused in the very moment of a start
// (docs/embedding.md): that is counted, and loses nothing that was acknowledged.
#include "app/chaos/jobs.hpp"
#include "app/chaos/scenarios/scenarios.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>

namespace spec_kitty::chaos {

namespace {

constexpr std::size_t limits_steps_per_round = 40;
constexpr std::size_t events_of_a_host = 20;
constexpr std::size_t events_of_a_forking_host = 120; // each hundredth in a child

constexpr auto scarce_descriptors = "few descriptors";
constexpr auto scarce_memory = "little address space";
constexpr auto small_files = "a bound on file size";
constexpr auto scarce_threads = "few threads";
constexpr auto forked_host = "fork";

enum limits_actor_kind : std::uint64_t {
  limit_emit,
  limit_stream,
  limit_drainer,
  limit_host,
  limit_setting,
  limit_actor_kinds
};

class bounded {
public:
  explicit bounded(const stage& where) : installation_(where) {
    installation_.start_server();
    if (!installation_.log_in())
      throw std::runtime_error("the login failed before any fault");
  }

  /// True when the process ran under the bound, or its children did what they were to.
  bool hit(const step& step, outcome& out) {
    if (step.fault == forked_host)
      return fork_a_host();
    auto what = job_of(step.values[0]);
    what.what.limits = {bound_of(step)};
    const auto done = run_job(installation_, what);
    const bool scarce = step.fault == scarce_memory || step.fault == scarce_threads;
    if (never_began(done) || (scarce && ended_by_its_start(done)))
      ++out.figures["ended before they began"];
    else if (scarce && !done.timed_out && done.signal == SIGABRT)
      ++out.figures["ended for lack of memory"];
    else
      judge_job(installation_, what, done);
    if (what.places.empty())
      installation_.note_report("home", done.out);
    ++out.figures[done.status == 0 ? "worked under a bound" : "refused under a bound"];
    works_again(installation_, "home", step.fault);
    return done.status != 126;
  }

  std::vector<violation> finish(outcome& out) {
    installation_.heal({"home"});
    for (const auto& attempt : installation_.seen.attempts)
      out.figures["events acknowledged"] += attempt.acknowledged ? 1 : 0;
    return installation_.judge({"home"});
  }

private:
  static support::resource_limit bound_of(const step& step) {
    const int resource = step.fault == scarce_descriptors ? static_cast<int>(RLIMIT_NOFILE)
                         : step.fault == scarce_memory    ? static_cast<int>(RLIMIT_AS)
                         : step.fault == small_files      ? static_cast<int>(RLIMIT_FSIZE)
                                                          : static_cast<int>(RLIMIT_NPROC);
    return {resource, step.values[1]};
  }

  job job_of(std::uint64_t actor) {
    switch (actor) {
    case limit_emit:
      return emit_job(installation_, "home");
    case limit_stream:
      return stream_job(installation_, "home", events_of_a_host);
    case limit_drainer:
      installation_.emit_many("home", 3);
      return command_job(installation_, "home", {"sync", "now"});
    case limit_host:
      return host_job(installation_, "home", events_of_a_host);
    default:
      setting_ = setting_ == 60 ? 61 : 60;
      return command_job(installation_, "home",
                         {"config", "set", "sync.timeout_s", std::to_string(setting_)});
    }
  }

  /// Not even the program's own start was possible: the kernel or the dynamic linker gave up.
  static bool ended_by_its_start(const support::finished& done) {
    return !done.timed_out && done.out.empty() && done.err.empty() &&
           (done.signal == SIGSEGV || done.signal == SIGKILL || done.status == 127);
  }

  /// The children of a host actor client is open are refused; the host continues.
  bool fork_a_host() {
    const auto prepared = host_job(installation_, "home", events_of_a_forking_host, {"--fork"});
    const auto done = carry_out(installation_, prepared);
    if (done.status != 0)
      installation_.seen.strange.push_back({"a host actor child was refused ended with status " +
                                            std::to_string(done.status) + ": " + done.err});
    std::size_t answered = 0;
    std::size_t refused = 0;
    for (const auto place : prepared.places) {
      answered += installation_.at(place).answered != 0 ? 1 : 0;
      refused += installation_.at(place).acknowledged ? 0 : 1;
    }
    if (answered != prepared.places.size() || refused != 1)
      installation_.seen.strange.push_back(
          {"a host that forks answered " + std::to_string(answered) + " of " +
           std::to_string(prepared.places.size()) + " and refused " + std::to_string(refused)});
    return answered >= 100; // the child's answer among them
  }

  installation installation_;
  std::uint64_t setting_ = 60;
};

/// From 2^least to 2^most, small ones as likely as large ones.
std::uint64_t by_magnitude(dice& chance, std::uint64_t least, std::uint64_t most) {
  const auto magnitude = chance.between(least, most - 1);
  return (std::uint64_t{1} << magnitude) + chance.below(std::uint64_t{1} << magnitude);
}

} // namespace

std::vector<step> plan_limits(dice& chance) {
  std::vector<step> out;
  for (std::size_t i = 0; i < limits_steps_per_round; ++i) { // who, bound
    const auto actor = chance.below(limit_actor_kinds);
    switch (chance.below(10)) {
    case 0:
    case 1:
    case 2:
      out.push_back({scarce_descriptors, {actor, chance.between(3, 40)}});
      break;
    case 3:
    case 4:
    case 5:
      out.push_back({scarce_memory, {actor, by_magnitude(chance, 22, 31)}});
      break;
    case 6:
    case 7:
      out.push_back({small_files, {actor, chance.one_in(8) ? 0 : by_magnitude(chance, 4, 18)}});
      break;
    case 8:
      out.push_back({scarce_threads, {actor, chance.below(12)}});
      break;
    default:
      out.push_back({forked_host, {limit_host, 0}});
    }
  }
  return out;
}

outcome play_limits(const stage& where, std::uint64_t, const std::vector<step>& steps) {
  outcome out;
  bounded all(where);
  for (const auto& step : steps) {
    if (where.enough())
      break;
    if (step.fault == scarce_threads && ::geteuid() == 0)
      out.skipped[scarce_threads] = "root is not bound by it";
    else
      out.count(step.fault, all.hit(step, out));
  }
  out.violations = all.finish(out);
  return out;
}

} // namespace spec_kitty::chaos
