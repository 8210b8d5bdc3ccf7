// The mirror of the clock taken away or falsified, and machines' clocks that jump by hours, while
// emitters, drainers and a daemon are at work.
//
// A step does something to clock.json, or starts one of the crowd again with a clock of its own. A
// copy of the home, with the same node id, records in between: its stamps are taken.
// What stands in the mirror's place wrongly is left there: the product has to cope.
#include "actors/queue/schema.hpp"
#include "app/chaos/home_workload.hpp"
#include "app/chaos/jobs.hpp"
#include "app/chaos/scenarios/scenarios.hpp"
#include "app/chaos/store_check.hpp"
#include "util/json.hpp"

#include <algorithm>
#include <csignal>
#include <stdexcept>

namespace spec_kitty::chaos {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t clock_steps_per_round = 40;
constexpr std::uint64_t max_hours = 100; // a session lasts a week

constexpr auto clock_removed = "clock.json removed";
constexpr auto clock_torn = "clock.json cut short";
constexpr auto clock_garbage = "clock.json corrupt";
constexpr auto clock_empty = "clock.json empty";
constexpr auto clock_older = "clock.json of an older value";
constexpr auto clock_newer = "clock.json of a newer value";
constexpr auto clock_folder = "a folder in place of clock.json";
constexpr auto clocks_ahead = "a clock hours ahead";
constexpr auto clocks_behind = "a clock hours behind";
constexpr auto copy_records = "an unnoticed copy of the home records";
constexpr auto copy_renewed = "clock renew in the copy";
const std::vector<std::string> clock_faults = {
    clock_removed, clock_torn,   clock_garbage, clock_empty,  clock_older, clock_newer,
    clock_folder,  clocks_ahead, clocks_behind, copy_records, copy_renewed};
constexpr auto copied = "copy"; // that home

enum clock_actor_kind : std::uint64_t {
  clock_emitter,
  clock_second_emitter,
  clock_host,
  clock_drainer,
  clock_daemon,
  clock_emit,
  clock_actor_kinds
};

class clockwork {
public:
  explicit clockwork(const stage& where) : installation_(where), workload_(installation_, "home") {
    installation_.start_server();
    if (!installation_.log_in())
      throw std::runtime_error("the login failed before any fault");
    make_copy();
    for (int i = 0; i < 2; ++i)
      workload_.add_emitter([this] {
        return lying(installation_.command("home", {"emit", "--stdin"}));
      });
    workload_.add_emitter([this] {
      return lying(installation_.program(
          "home", {(installation_.where().parts / "spec-kitty-chaos-host").string()}));
    });
    workload_.add_runner("`sync now`", [this] {
      return lying(installation_.command("home", {"sync", "now", "--json"}));
    });
    workload_.add_runner("the daemon", [this] {
      return lying(installation_.command("home", {"sync", "daemon", "run"}));
    });
  }

  void work(std::uint64_t microseconds) { workload_.work(std::chrono::microseconds(microseconds)); }

  /// What was asked for has been done.
  bool hit(const step& step) {
    if (step.fault == copy_records) {
      installation_.emit_many(copied, 1 + step.values[2] % 5);
      return installation_.sync_now(copied).status != login_needed;
    }
    if (step.fault == copy_renewed)
      return installation_.run(copied, {"clock", "renew"}).status == 0;
    if (step.fault == clocks_ahead || step.fault == clocks_behind)
      return jump(step.values[1], step.fault == clocks_ahead ? step.values[2] : -step.values[2]);
    return support::eventually([&] { return corrupt_mirror(step.fault, step.values[2]); }, 2s);
  }

  std::vector<violation> finish(outcome& out) {
    workload_.end();
    installation_.heal({"home", copied});
    if (works_again(installation_, "home", "all that was done to the clock"))
      look_at_mirror();
    installation_.heal({"home"});
    installation_.look_at_status();
    for (const auto& attempt : installation_.seen.attempts)
      out.figures["events acknowledged"] += attempt.acknowledged ? 1 : 0;
    return installation_.judge({"home", copied});
  }

private:
  /// A home with the same node id in another folder, which does not know that it is a copy, as
  /// where containers are made of one image. Events wait in it that wait in the first one too.
  void make_copy() {
    installation_.emit_many("home", 2);
    fs::copy(installation_.home(), installation_.home(copied), fs::copy_options::recursive);
    const auto done = tables_of(installation_.home(copied))
                          ->write([&](lmdb_txn& txn, const store_tables& tables) {
                            txn.put(tables.main, place_key,
                                    place_of(installation_.home(copied) / "queue").encode());
                            return true;
                          });
    if (!done || !installation_.log_in(copied))
      throw std::runtime_error("the home cannot be copied before any fault");
    installation_.seen.shared_node = true;
  }

  /// The clock of the next program to start, hours ahead; the right one for those after it.
  support::launch lying(support::launch what) {
    if (next_ahead_ != 0) {
      what.env["LD_PRELOAD"] = (installation_.where().parts / "spec_kitty_lie_shim.so").string();
      what.env["SPEC_KITTY_LIE_SECONDS"] =
          std::to_string(static_cast<std::int64_t>(next_ahead_) * 3600);
      next_ahead_ = 0;
    }
    return what;
  }

  bool jump(std::uint64_t actor, std::uint64_t hours_ahead) {
    next_ahead_ = hours_ahead;
    if (actor == clock_emit) {
      auto emission = emit_job(installation_, "home");
      emission.what = lying(std::move(emission.what));
      carry_out(installation_, emission);
    } else if (actor == clock_drainer || actor == clock_daemon) {
      workload_.restart_runner(actor - clock_drainer);
    } else {
      workload_.restart_emitter(actor);
    }
    return next_ahead_ == 0;
  }

  fs::path mirror() const { return installation_.home() / "clock.json"; }

  /// Replaces the mirror as a whole, so that no program reads half of it.
  bool put(const std::string& text) const {
    const fs::path beside = installation_.folder() / "tmp/clock.json";
    support::write_text(beside, text);
    std::error_code error;
    fs::rename(beside, mirror(), error);
    return !error;
  }

  bool corrupt_mirror(const std::string& how, std::uint64_t by) const {
    std::error_code error;
    if (how == clock_removed)
      return fs::remove(mirror(), error);
    if (how == clock_folder) {
      fs::remove(mirror(), error);
      return fs::create_directory(mirror(), error);
    }
    const auto text = support::read_text(mirror());
    if (how == clock_empty)
      return put("");
    if (how == clock_garbage)
      return put("{\"value\": \x01\x02, no clock at all");
    if (text.empty())
      return false;
    if (how == clock_torn)
      return put(text.substr(0, text.size() / 2));
    const auto answer = parse_json(text);
    if (!answer)
      return false;
    const auto value = static_cast<std::uint64_t>(whole_number_of(*answer, "value").value_or(0));
    const auto other = how == clock_newer ? value + by : value - std::min(value, by);
    return put("{\"value\": " + std::to_string(other) + ", \"node_id\": \"" +
               text_of(*answer, "node_id").value_or("") +
               "\", \"updated_at\": \"2026-01-01T00:00:00.000000Z\"}\n");
  }

  /// The mirror shows the store's value once a command has ended that nothing was done to.
  void look_at_mirror() {
    std::uint64_t kept = 0;
    if (auto queue = store::open({installation_.home(),
                                  [] {
                                    return node_seed{"host", "user", true};
                                  }},
                                 open_mode::read))
      if (const auto value = queue->clock())
        kept = *value;
    const auto text = support::read_text(mirror());
    const auto shown = parse_json(text);
    if (!shown || static_cast<std::uint64_t>(whole_number_of(*shown, "value").value_or(-1)) != kept)
      installation_.seen.strange.push_back(
          {"clock.json does not show " + std::to_string(kept) + ", but: " + text.substr(0, 100)});
  }

  installation installation_;
  home_workload workload_;
  std::uint64_t next_ahead_ = 0; ///< hours, as two's complement
};

} // namespace

std::vector<step> plan_clock(dice& chance) {
  std::vector<step> out;
  for (std::size_t i = 0; i < clock_steps_per_round; ++i) {
    const auto& what = chance.pick(clock_faults);
    const bool jumps = what == clocks_ahead || what == clocks_behind;
    out.push_back({what, // µs before, who, by how much
                   {chance.below(30000), chance.below(clock_actor_kinds),
                    chance.between(1, jumps ? max_hours : 1000)}});
  }
  return out;
}

outcome play_clock(const stage& where, std::uint64_t, const std::vector<step>& steps) {
  outcome out;
  clockwork all(where);
  all.work(20000);
  for (const auto& step : steps) {
    if (where.enough())
      break;
    all.work(step.values[0]);
    out.count(step.fault, all.hit(step));
  }
  out.violations = all.finish(out);
  return out;
}

} // namespace spec_kitty::chaos
