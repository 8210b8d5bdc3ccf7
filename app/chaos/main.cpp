// spec-kitty-chaos: does to a real installation what life does, and looks at what holds.
//
//   run        rounds of scenarios; a table, a JSON report
//   list       scenarios and invariants
//   replay     one round again, from its name
//   shrink     the shortest part of a round that still breaks an invariant
//   self-test  every invariant on a history that breaks it, and broken builds that must be found
//
// Exit status: 0 every invariant held and every planned fault was injected; 1 not so; 2 wrong
// usage, or a part that is missing.
#include "app/chaos/options.hpp"
#include "app/chaos/run.hpp"
#include "app/chaos/self_test.hpp"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>

namespace spec_kitty::chaos {

namespace {

constexpr int exit_done = 0;
constexpr int exit_broken = 1;
constexpr int exit_usage = 2;

int say(const failure& why) {
  std::cerr << "error: " << why.message << "\n  " << why.hint << '\n';
  return exit_usage;
}

int list() {
  std::cout << "Scenarios\n";
  for (const auto& scenario : scenarios())
    std::printf("  %-14.*s %.*s\n", static_cast<int>(scenario.name.size()), scenario.name.data(),
                static_cast<int>(scenario.help.size()), scenario.help.data());
  std::fflush(stdout);
  std::cout << "\nInvariants\n";
  for (const auto& invariant : invariants())
    std::printf("  %-18.*s %.*s\n", static_cast<int>(invariant.name.size()), invariant.name.data(),
                static_cast<int>(invariant.promise.size()), invariant.promise.data());
  std::fflush(stdout);
  return exit_done;
}

bool write_report(const std::string& file, const std::string& json) {
  if (file == "-") {
    std::cout << json << std::flush;
    return bool(std::cout);
  }
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << json;
  out.close();
  return bool(out);
}

/// Ctrl-C: the round under way is the last one, and the report is written.
volatile std::sig_atomic_t interrupted = 0;

/// Says now and then how far a long run is.
class progress {
public:
  void note(bool is_broken) {
    ++rounds_;
    broken_ += is_broken ? 1 : 0;
    const auto now = std::chrono::steady_clock::now();
    if (now - reported_ < std::chrono::minutes(1))
      return;
    reported_ = now;
    std::cerr << rounds_ << " rounds, " << broken_ << " of them broken\n";
  }

private:
  unsigned rounds_ = 0;
  unsigned broken_ = 0;
  std::chrono::steady_clock::time_point reported_ = std::chrono::steady_clock::now();
};

int run_all(const options& chosen, const stage& where) {
  const bool table = chosen.report != "-";
  std::cerr << "seed " << chosen.plan.seed << ", scratch folder " << where.folder.string() << '\n';
  chaos_run_options plan = chosen.plan;
  plan.broken_off = [] { return interrupted != 0; };
  progress so_far;
  const auto result = run(plan, where, [&](const round_name& name, const outcome& had) {
    so_far.note(!had.violations.empty());
    if (had.violations.empty())
      return;
    std::cerr << to_string(name) << ": " << had.violations.size() << " violations, shrinking\n";
    for (std::size_t i = 0; i < had.violations.size() && i < 3; ++i)
      std::cerr << "  " << had.violations[i].invariant << ": " << had.violations[i].words << '\n';
  });
  if (table)
    std::cout << as_table(result) << std::flush;
  if (!chosen.report.empty() && !write_report(chosen.report, as_json(result)))
    return say({ec::bad_input, "the report cannot be written to " + chosen.report,
                "name a file in a folder that exists"});
  return result.ok() ? exit_done : exit_broken;
}

int show(const round_name& name, const std::vector<violation>& found) {
  const auto steps = steps_of(name);
  for (const auto& step : *steps)
    std::cout << "  " << in_words(step) << '\n';
  for (const auto& entry : found)
    std::cout << "VIOLATION of " << entry.invariant << ": " << entry.words << '\n';
  std::cout << to_string(name) << ": " << found.size() << " violations\n" << std::flush;
  return found.empty() ? exit_done : exit_broken;
}

int replay(const options& chosen, const stage& where) {
  const auto name = parse_round(chosen.round);
  const auto steps = name ? steps_of(*name) : result<std::vector<step>>(name.error());
  if (!steps)
    return say(steps.error());
  return show(*name, play(*name, *steps, where).violations);
}

int shrink_one(const options& chosen, const stage& where) {
  const auto name = parse_round(chosen.round);
  const auto steps = name ? steps_of(*name) : result<std::vector<step>>(name.error());
  if (!steps)
    return say(steps.error());
  const auto best = shrink(*name, where, chosen.tries, chosen.plan.time);
  if (best.violations.empty())
    std::cout << "not broken again in " << chosen.tries << " tries\n";
  return show(best.name, best.violations);
}

/// Removes a scratch folder, unless what was broken in it is to be looked at.
void clear(const std::filesystem::path& folder) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error))
    if (entry.path().filename().string().starts_with("broken-")) {
      std::cerr << "what was broken is kept in " << folder.string() << '\n';
      return;
    }
  std::filesystem::remove_all(folder, error);
}

int begin(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGINT, [](int) { interrupted = 1; });
  std::signal(SIGTERM, [](int) { interrupted = 1; });
  auto read = read_options(argc, argv);
  if (const int* status = std::get_if<int>(&read))
    return *status;
  const options& chosen = std::get<options>(read);
  if (chosen.verb == "list")
    return list();
  const auto where = make_stage(chosen);
  if (!where)
    return say(where.error());
  int status = exit_done;
  if (chosen.verb == "run")
    status = run_all(chosen, *where);
  else if (chosen.verb == "replay")
    status = replay(chosen, *where);
  else if (chosen.verb == "shrink")
    status = shrink_one(chosen, *where);
  else
    status = self_test(*where, std::cout) ? exit_done : exit_broken;
  clear(where->folder);
  return status;
}

} // namespace

} // namespace spec_kitty::chaos

int main(int argc, char** argv) {
  try {
    return spec_kitty::chaos::begin(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return spec_kitty::chaos::exit_usage;
  }
}
