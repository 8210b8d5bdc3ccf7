#include "app/chaos/options.hpp"

#include "util/install_tree.hpp"
#include "util/version.hpp"

#include <CLI/CLI.hpp>

#include <unistd.h>

#include <cstdlib>
#include <random>

namespace spec_kitty::chaos {

namespace fs = std::filesystem;

namespace {

constexpr int usage_status = 2;

void declare_places(CLI::App& app, options& chosen) {
  app.add_option("--folder", chosen.folder,
                 "where scratch folders are made (default: TMPDIR, else /tmp)")
      ->check(CLI::ExistingDirectory);
  app.add_option("--program", chosen.program, "spec-kitty (default: the one installed with this)")
      ->check(CLI::ExistingFile);
  app.add_option(
         "--older", chosen.older,
         "an older spec-kitty to run side by side, whether it knows this version's store or not")
      ->check(CLI::ExistingFile);
}

/// The scenarios of those names, in the order of the table; all where none is named.
std::vector<const scenario*> chosen_of(const std::vector<std::string>& names) {
  std::vector<const scenario*> out;
  for (const auto& scenario : scenarios())
    if (names.empty() || std::find(names.begin(), names.end(), scenario.name) != names.end())
      out.push_back(&scenario);
  return out;
}

} // namespace

std::variant<options, int> read_options(int argc, char** argv) {
  options chosen;
  double minutes = 0;
  long shrink_seconds = 60;
  std::vector<std::string> names;
  std::vector<std::string> known;
  for (const auto& scenario : scenarios())
    known.emplace_back(scenario.name);
  chosen.plan.seed =
      (static_cast<std::uint64_t>(std::random_device{}()) << 16U) ^ std::random_device{}();

  CLI::App app("Injects faults into real spec-kitty installations in scratch homes and checks what "
               "must hold.",
               "spec-kitty-chaos");
  app.set_version_flag("--version", "spec-kitty-chaos " + std::string(version));
  app.require_subcommand(1);
  const auto verb = [&](const char* name, const char* help) {
    CLI::App* sub = app.add_subcommand(name, help);
    sub->callback([&chosen, name] { chosen.verb = name; });
    return sub;
  };
  CLI::App* run = verb("run", "play rounds of scenarios; print a table, write a report");
  run->add_option("--minutes", minutes, "start no round after this many minutes (default 1)")
      ->check(CLI::Range(0.01, 100000.0));
  run->add_option("--rounds", chosen.plan.rounds,
                  "rounds of each scenario (default: as many as the time allows)");
  run->add_option("--seed", chosen.plan.seed, "seed of every schedule (default: random)");
  run->add_option("--scenario", names, "run only this scenario; repeatable (default: all)")
      ->check(CLI::IsMember(known));
  run->add_option("--shrink-seconds", shrink_seconds,
                  "search so long for the shortest schedule of a failed round (default 60)")
      ->check(CLI::Range(0L, 86400L));
  run->add_option("--report", chosen.report,
                  "write a JSON report to this file; - is stdout, in place of the table");
  declare_places(*run, chosen);
  verb("list", "the scenarios and the invariants");
  CLI::App* replay = verb("replay", "play one round again");
  replay->add_option("seed", chosen.round, "as a run prints it: kills-00c0ffee00c0ffee")
      ->required();
  declare_places(*replay, chosen);
  CLI::App* shrink = verb("shrink", "find the shortest part of a round that breaks an invariant");
  shrink->add_option("seed", chosen.round, "as a run prints it")->required();
  shrink->add_option("--minutes", minutes, "stop after this many minutes (default 1)")
      ->check(CLI::Range(0.01, 100000.0));
  shrink->add_option("--tries", chosen.tries, "how often each part is played (default 3)")
      ->check(CLI::Range(1U, 1000U));
  declare_places(*shrink, chosen);
  declare_places(*verb("self-test", "show that the invariants find built-in defects"), chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& why) {
    return app.exit(why) == 0 ? 0 : usage_status;
  }
  if (minutes > 0)
    chosen.plan.time = std::chrono::seconds(static_cast<long>(minutes * 60));
  else if (chosen.plan.rounds > 0)
    chosen.plan.time = std::chrono::hours(24 * 365);
  chosen.plan.shrinking = std::chrono::seconds(shrink_seconds);
  chosen.plan.chosen = chosen_of(names);
  return chosen;
}

result<stage> make_stage(const options& chosen) {
  const auto io_shim = find_part("spec_kitty_io_shim.so");
  if (!io_shim)
    return io_shim.error();
  stage where;
  where.parts = io_shim->parent_path();
  fs::path program = chosen.program;
  for (const auto& place : {where.parts / "spec-kitty",
                            fs::read_symlink("/proc/self/exe").parent_path() / "spec-kitty"})
    if (program.empty() && fs::exists(place))
      program = place;
  if (program.empty())
    return failure{ec::internal, "spec-kitty is not beside this program", "name it with --program"};
  where.program = {fs::absolute(program).string()};
  if (!chosen.older.empty())
    where.older = fs::absolute(chosen.older);
  std::string folder =
      ((chosen.folder.empty() ? fs::temp_directory_path() : fs::absolute(chosen.folder)) /
       "spec-kitty-chaos-XXXXXX")
          .string();
  if (::mkdtemp(folder.data()) == nullptr)
    return failure{ec::bad_input, "no scratch folder can be made: " + folder,
                   "name a folder that may be written with --folder"};
  where.folder = folder;
  where.enough = [] { return false; };
  return where;
}

} // namespace spec_kitty::chaos
