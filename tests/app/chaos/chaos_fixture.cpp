#include "tests/app/chaos/chaos_fixture.hpp"

#include "tests/actors/queue/store_fixture.hpp"

#include <algorithm>
#include <csignal>
#include <map>
#include <set>

namespace spec_kitty::chaos {

namespace fs = std::filesystem;

std::vector<acknowledged> read_promises(const std::string& out) {
  std::vector<acknowledged> promises;
  const auto whole = out.substr(0, out.rfind('\n') + 1);
  for (const auto& line : support::lines_of(whole)) {
    if (is_ulid(line)) {
      promises.push_back({line, 0});
      continue;
    }
    if (line == "spilled") {
      promises.push_back({});
      continue;
    }
    const auto parsed = parse_json(line);
    if (const json_value* spilled = parsed ? member(*parsed, "spilled") : nullptr;
        spilled != nullptr && spilled->IsTrue()) {
      promises.push_back({});
      continue;
    }
    const json_value* event = parsed ? member(*parsed, "event") : nullptr;
    const json_value* answer = event != nullptr ? event : parsed ? &*parsed : nullptr;
    const auto id = answer == nullptr ? std::nullopt : text_of(*answer, "event_id");
    if (id)
      promises.push_back(
          {*id, static_cast<std::uint64_t>(whole_number_of(*answer, "lamport_clock").value_or(0))});
  }
  return promises;
}

namespace {

/// Events of the store, by id, and what is wrong among them.
std::map<std::string, std::uint64_t> read_events(store& queue, std::vector<std::string>& wrong) {
  std::map<std::string, std::uint64_t> found;
  std::string last_id;
  std::uint64_t last_clock = 0;
  const auto listed = queue.list(
      "",
      [&](const listed_event& entry) {
        const auto event = parse_json(entry.json);
        const auto id = event ? text_of(*event, "event_id").value_or("") : "";
        const auto lamport = static_cast<std::uint64_t>(
            event ? whole_number_of(*event, "lamport_clock").value_or(0) : 0);
        if (!found.emplace(id, lamport).second)
          wrong.push_back("the event " + id + " is stored twice");
        if (lamport <= last_clock)
          wrong.push_back("the clock " + std::to_string(lamport) + " comes after " +
                          std::to_string(last_clock));
        if (id <= last_id)
          wrong.push_back("the id " + id + " comes after " + last_id);
        last_clock = lamport;
        last_id = id;
        return true;
      },
      wall_clock_now());
  if (!listed)
    wrong.push_back("the events cannot be listed: " + listed.error().message);
  return found;
}

/// The place of the running test's fault in the list of faults; 0 for a test without one.
long place_of_this_fault() {
  const std::string test = testing::UnitTest::GetInstance()->current_test_info()->name();
  for (long place = 0; const auto& fault : shim_faults) {
    if (test.ends_with(std::string("/") + fault.name))
      return place;
    ++place;
  }
  return 0;
}

} // namespace

std::vector<std::string> violations(const fs::path& home, const std::vector<acknowledged>& promises,
                                    const std::vector<std::string>& delivered) {
  std::vector<std::string> wrong;
  std::set<std::string> kept;
  std::uint64_t highest = 0;
  for (const auto& promise : promises) {
    if (promise.lamport_clock != 0 && promise.lamport_clock <= highest)
      wrong.push_back("the clock " + std::to_string(promise.lamport_clock) +
                      " was given out after " + std::to_string(highest));
    highest = std::max(highest, promise.lamport_clock);
  }
  for (const auto& id : delivered)
    if (!kept.insert(id).second)
      wrong.push_back("the server has the event " + id + " twice");

  auto queue = store::open({home,
                            [] {
                              return node_seed{"host", "user", true};
                            }},
                           open_mode::write);
  if (!queue) {
    wrong.push_back("the store cannot be opened: " + queue.error().message);
    return wrong;
  }
  const auto stored = read_events(*queue, wrong);
  for (const auto& promise : promises) {
    if (promise.event_id.empty())
      continue; // spilled, and counted by the caller
    const auto found = stored.find(promise.event_id);
    if (found == stored.end() && !kept.contains(promise.event_id))
      wrong.push_back("the acknowledged event " + promise.event_id + " is lost");
    if (found != stored.end() && promise.lamport_clock != 0 &&
        found->second != promise.lamport_clock)
      wrong.push_back("the event " + promise.event_id + " has another clock than it was given");
  }
  const auto clock = queue->clock();
  for (const auto& [id, lamport] : stored)
    highest = std::max(highest, lamport);
  if (!clock || *clock < highest)
    wrong.push_back("the clock went back to " + std::to_string(clock ? *clock : 0) + " from " +
                    std::to_string(highest));
  if (const auto books = recount(*queue, home); !books.empty())
    wrong.push_back(books);
  return wrong;
}

support::launch chaos_test::with_shim_fault(support::launch what, const shim_fault& how, long at,
                                            const fs::path& below) const {
  fs::remove(count_file());
  what.env["LD_PRELOAD"] = SPEC_KITTY_BIN_DIR "/spec_kitty_io_shim.so";
  what.env["SPEC_KITTY_SHIM_ROOT"] = below.string();
  what.env["SPEC_KITTY_SHIM_COUNT_FILE"] = count_file().string();
  what.env["SPEC_KITTY_SHIM_AT"] = std::to_string(at);
  what.env["SPEC_KITTY_SHIM_ACTION"] = how.action;
  if (how.sticky)
    what.env["SPEC_KITTY_SHIM_STICKY"] = "1";
  return what;
}

long chaos_test::counted() const {
  const auto text = support::read_text(count_file());
  return text.empty() ? 0 : std::stol(text);
}

long chaos_test::at_every_operation(const std::function<void(long)>& attempt_at, long step) const {
  constexpr long endless = 500;
  for (long at = 1 + place_of_this_fault() % step; at < endless; at += step) {
    SCOPED_TRACE("operation " + std::to_string(at));
    attempt_at(at);
    if (counted() < at)
      return counted(); // all that the program did, since nothing stopped it
    if (HasFatalFailure())
      break;
  }
  ADD_FAILURE() << "the program never came to its end";
  return 0;
}

long chaos_test::at_operations(long stride, long last,
                               const std::function<void(long)>& attempt_at) const {
  long reached = 0;
  for (long at = 1; at <= last && !HasFatalFailure(); at += stride) {
    SCOPED_TRACE("operation " + std::to_string(at));
    attempt_at(at);
    if (counted() < at)
      break;
    reached = at;
  }
  return reached;
}

void chaos_test::expect_clear_end(const support::finished& done, const shim_fault& how) {
  if (done.signal != 0) {
    EXPECT_TRUE(how.kills()) << "signal " << done.signal;
    EXPECT_EQ(done.signal, SIGKILL);
    return;
  }
  EXPECT_EQ(done.err.find("defect"), std::string::npos) << done.err;
  if (done.status == 0)
    return;
  EXPECT_TRUE(done.status == 1 || done.status == 4 || done.status == 6) << done.status;
  // Text: the error, and the remedy in a line of its own. JSON: the same as fields.
  const auto json = done.out.find(R"("hint":")");
  const bool remedy = json == std::string::npos
                          ? done.err.find("\n  ") != std::string::npos
                          : done.out.find(R"("hint":"")") == std::string::npos;
  EXPECT_TRUE(remedy) << "exit " << done.status << " without a remedy: " << done.out << done.err;
}

} // namespace spec_kitty::chaos
