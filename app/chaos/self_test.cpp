#include "app/chaos/self_test.hpp"

#include "app/chaos/round.hpp"

#include <array>
#include <chrono>
#include <iostream>
#include <set>

namespace spec_kitty::chaos {

namespace {

using std::chrono::steady_clock;

/// A broken build is to be found within it.
constexpr std::chrono::seconds a_minute{60};

struct broken_build {
  std::string_view how;      ///< the word that makes spec-kitty-chaos-broken so
  std::string_view words;    ///< what is broken
  std::string_view scenario; ///< where it must be found
  std::string_view breaks;   ///< the invariant that must find it
};

constexpr std::array<broken_build, 9> broken_builds = {{
    {"early", "an event is acknowledged before its commit", "kills", "nothing-lost"},
    {"loose-clock", "the clock is read outside the transaction", "kills", "order"},
    {"no-sync", "nothing waits for the disk", "power-loss", "nothing-lost"},
    {"delete-on-send", "an event is removed when it is sent", "kills", "nothing-lost"},
    {"forget-place", "a watch begins with what comes, not behind its number", "resume",
     "heard-all"},
    {"old-place", "a watch begins one event before its number", "resume", "heard-once"},
    {"forget-key", "a refresh's key does not stay beside the token", "sessions", "same-session"},
    {"silent-logout", "a logout says nothing to the server", "sessions", "none-unused"},
    {"keep-password", "a client logs in by itself where its session was ended", "sessions",
     "theft-ends"},
}};

bool test_histories(std::ostream& out) {
  bool good = check_all(sound_history()).empty();
  out << (good ? "ok      " : "WRONG   ") << "a history in which all holds breaks no invariant\n";
  for (const auto& invariant : invariants()) {
    std::set<std::string> broken;
    for (const auto& found : check_all(history_that_breaks(invariant.name)))
      broken.insert(found.invariant);
    const bool found = broken == std::set<std::string>{std::string(invariant.name)};
    out << (found ? "ok      " : "WRONG   ") << invariant.name
        << " is found when it alone is broken\n";
    good = good && found;
  }
  return good;
}

bool test_build(const broken_build& build, stage where, std::ostream& out) {
  where.program = {(where.parts / "spec-kitty-chaos-broken").string(), std::string(build.how),
                   where.program.front()};
  const auto* in = find_scenario(build.scenario);
  const auto begin = steady_clock::now();
  const auto passed = [&] { return steady_clock::now() - begin; };
  where.enough = [&] { return passed() >= a_minute; };
  std::string seen; // what the invariant reported
  std::uint64_t rounds = 0;
  for (; seen.empty() && passed() < a_minute; ++rounds) {
    const round_name name{in, round_seed(1, build.how, rounds), std::nullopt};
    for (const auto& found : play(name, *steps_of(name), where).violations)
      if (found.invariant == build.breaks)
        seen = found.words;
      else if (found.invariant == "harness")
        std::cerr << found.words << "\n";
  }
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(passed()).count();
  out << (seen.empty() ? "WRONG   " : "ok      ") << build.words << ": " << build.breaks
      << (seen.empty() ? " did not find it in " : " found it in ") << rounds << " rounds of "
      << build.scenario << ", " << took << " ms" << (seen.empty() ? "" : ": ") << seen << std::endl;
  return !seen.empty();
}

} // namespace

bool self_test(const stage& where, std::ostream& out) {
  bool good = test_histories(out);
  for (const auto& broken_build : broken_builds)
    good = test_build(broken_build, where, out) && good;
  out << (good ? "everything that is broken was found\n"
               : "SOMETHING THAT IS BROKEN WAS NOT FOUND\n");
  return good;
}

} // namespace spec_kitty::chaos
