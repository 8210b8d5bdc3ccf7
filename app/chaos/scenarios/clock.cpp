// The mirror of the clock taken away or falsified, and machines' clocks that jump by hours, while
// emitters, drainers and a daemon are at work.
//
// A step does something to clock.json, or starts one of the crowd again with a clock of its own.
// What stands in the mirror's place wrongly is left there: the product has to cope.
#include "app/chaos/crowd.hpp"
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

constexpr std::size_t steps_of_a_round = 40;
constexpr std::uint64_t most_hours = 100; // a session lasts a week

constexpr auto removed = "clock.json removed";
constexpr auto torn = "clock.json cut short";
constexpr auto garbage = "clock.json corrupt";
constexpr auto empty = "clock.json empty";
constexpr auto older = "clock.json of an older value";
constexpr auto newer = "clock.json of a newer value";
constexpr auto folder = "a folder in place of clock.json";
constexpr auto ahead = "a clock hours ahead";
constexpr auto behind = "a clock hours behind";
const std::vector<std::string> kinds = {removed, torn,   garbage, empty, older,
                                        newer,   folder, ahead,   behind};

enum who : std::uint64_t {
  first_emitter,
  second_emitter,
  the_host,
  a_drainer,
  the_daemon,
  single,
  whos
};

class clockwork {
public:
  explicit clockwork(const stage& where) : world_(where), crowd_(world_, "home") {
    world_.start_server();
    if (!world_.log_in())
      throw std::runtime_error("the login failed before any fault");
    for (int i = 0; i < 2; ++i)
      crowd_.add_emitter([this] { return lying(world_.command("home", {"emit", "--stdin"})); });
    crowd_.add_emitter([this] {
      return lying(
          world_.program("home", {(world_.where().parts / "spec-kitty-chaos-host").string()}));
    });
    crowd_.add_runner("`sync now`", [this] {
      return lying(world_.command("home", {"sync", "now", "--json"}));
    });
    crowd_.add_runner("the daemon", [this] {
      return lying(world_.command("home", {"sync", "daemon", "run"}));
    });
  }

  void work(std::uint64_t microseconds) { crowd_.work(std::chrono::microseconds(microseconds)); }

  /// What was asked for has been done.
  bool hit(const step& one) {
    if (one.fault == ahead || one.fault == behind)
      return jump(one.values[1], one.fault == ahead ? one.values[2] : -one.values[2]);
    return support::eventually([&] { return spoil_mirror(one.fault, one.values[2]); }, 2s);
  }

  std::vector<violation> finish(outcome& out) {
    crowd_.end();
    world_.heal({"home"});
    if (works_again(world_, "home", "all that was done to the clock"))
      look_at_mirror();
    world_.heal({"home"});
    world_.look_at_status();
    for (const auto& one : world_.seen.attempts)
      out.figures["events acknowledged"] += one.acknowledged ? 1 : 0;
    return world_.judge({"home"});
  }

private:
  /// The clock of the next program to start, hours ahead; the right one for those after it.
  support::launch lying(support::launch what) {
    if (next_ahead_ != 0) {
      what.env["LD_PRELOAD"] = (world_.where().parts / "spec_kitty_lie_shim.so").string();
      what.env["SPEC_KITTY_LIE_SECONDS"] =
          std::to_string(static_cast<std::int64_t>(next_ahead_) * 3600);
      next_ahead_ = 0;
    }
    return what;
  }

  bool jump(std::uint64_t whose, std::uint64_t hours_ahead) {
    next_ahead_ = hours_ahead;
    if (whose == single) {
      auto one = emit_job(world_, "home");
      one.what = lying(std::move(one.what));
      carry_out(world_, one);
    } else if (whose == a_drainer || whose == the_daemon) {
      crowd_.restart_runner(whose - a_drainer);
    } else {
      crowd_.restart_emitter(whose);
    }
    return next_ahead_ == 0;
  }

  fs::path mirror() const { return world_.home() / "clock.json"; }

  /// Replaces the mirror as a whole, so that nobody sees half of what is meant to be whole.
  bool put(const std::string& text) const {
    const fs::path beside = world_.folder() / "tmp/clock.json";
    support::write_text(beside, text);
    std::error_code error;
    fs::rename(beside, mirror(), error);
    return !error;
  }

  bool spoil_mirror(const std::string& how, std::uint64_t by) const {
    std::error_code error;
    if (how == removed)
      return fs::remove(mirror(), error);
    if (how == folder) {
      fs::remove(mirror(), error);
      return fs::create_directory(mirror(), error);
    }
    const auto text = support::read_text(mirror());
    if (how == empty)
      return put("");
    if (how == garbage)
      return put("{\"value\": \x01\x02, no clock at all");
    if (text.empty())
      return false;
    if (how == torn)
      return put(text.substr(0, text.size() / 2));
    const auto said = parse_json(text);
    if (!said)
      return false;
    const auto value = static_cast<std::uint64_t>(whole_number_of(*said, "value").value_or(0));
    const auto other = how == newer ? value + by : value - std::min(value, by);
    return put("{\"value\": " + std::to_string(other) + ", \"node_id\": \"" +
               text_of(*said, "node_id").value_or("") +
               "\", \"updated_at\": \"2026-01-01T00:00:00.000000Z\"}\n");
  }

  /// The mirror shows the store's value once a command has ended that nothing was done to.
  void look_at_mirror() {
    std::uint64_t kept = 0;
    if (auto queue = store::open({world_.home(), {"host", "user", true}}, open_mode::read))
      if (const auto value = queue->clock())
        kept = *value;
    const auto text = support::read_text(mirror());
    const auto shown = parse_json(text);
    if (!shown || static_cast<std::uint64_t>(whole_number_of(*shown, "value").value_or(-1)) != kept)
      world_.seen.strange.push_back(
          {"clock.json does not show " + std::to_string(kept) + ", but: " + text.substr(0, 100)});
  }

  world world_;
  crowd crowd_;
  std::uint64_t next_ahead_ = 0; ///< hours, as two's complement
};

} // namespace

std::vector<step> plan_clock(dice& chance) {
  std::vector<step> out;
  for (std::size_t i = 0; i < steps_of_a_round; ++i) {
    const auto& what = chance.pick(kinds);
    const bool jumps = what == ahead || what == behind;
    out.push_back(
        {what, // µs before, who, by how much
         {chance.below(30000), chance.below(whos), chance.between(1, jumps ? most_hours : 1000)}});
  }
  return out;
}

outcome play_clock(const stage& where, std::uint64_t, const std::vector<step>& steps) {
  outcome out;
  clockwork all(where);
  all.work(20000);
  for (const auto& one : steps) {
    if (where.enough())
      break;
    all.work(one.values[0]);
    out.count(one.fault, all.hit(one));
  }
  out.violations = all.finish(out);
  return out;
}

} // namespace spec_kitty::chaos
