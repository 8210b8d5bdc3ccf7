#include "app/chaos/run.hpp"

#include <cstdio>

namespace spec_kitty::chaos {

namespace {

std::string cell(const std::string& text, std::size_t width, bool right = false) {
  const std::string padding(text.size() < width ? width - text.size() : 0, ' ');
  return right ? padding + text : text + padding;
}

std::string seconds(std::chrono::milliseconds time) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", static_cast<double>(time.count()) / 1000.0);
  return text;
}

fault_count total_of(const scenario_total& total) {
  fault_count sum;
  for (const auto& [kind, count] : total.sum.faults) {
    sum.planned += count.planned;
    sum.injected += count.injected;
  }
  return sum;
}

template <class List, class Render>
std::string joined(const List& list, Render render) {
  std::string out;
  for (const auto& entry : list)
    out += (out.empty() ? "" : ", ") + render(entry);
  return out;
}

std::string violations_text(const run_result& result) {
  std::string out;
  constexpr std::size_t shown = 10;
  for (std::size_t n = 0; n < result.violations.size() && n < shown; ++n) {
    const auto& violation = result.violations[n];
    out += "\nVIOLATION of " + violation.what.invariant + ": " + violation.what.words +
           "\n  seed " + violation.seed + "\n  shortest found: spec-kitty-chaos replay " +
           violation.shortest + "\n";
    for (std::size_t i = 0; i < violation.steps.size() && i < 10; ++i)
      out += "    " + violation.steps[i] + "\n";
    if (violation.steps.size() > 10)
      out += "    and " + std::to_string(violation.steps.size() - 10) + " more steps\n";
  }
  const auto all = result.violations.size() + result.violations_left_out;
  if (all > shown)
    out += "\nand " + std::to_string(all - shown) + " more violations; --report has them\n";
  return out;
}

} // namespace

std::string as_table(const run_result& result) {
  std::string out = cell("scenario", 14) + cell("rounds", 8, true) + cell("injected", 10, true) +
                    cell("planned", 10, true) + cell("time", 10, true) + "  seen\n";
  for (const auto& scenario : result.scenarios) {
    const auto faults = total_of(scenario);
    out += cell(std::string(scenario.of->name), 14) +
           cell(std::to_string(scenario.rounds), 8, true) +
           cell(std::to_string(faults.injected), 10, true) +
           cell(std::to_string(faults.planned), 10, true) + cell(seconds(scenario.took), 10, true) +
           "  " +
           joined(scenario.sum.figures,
                  [](const auto& figure) {
                    return std::to_string(figure.second) + " " + figure.first;
                  }) +
           "\n";
  }
  out += "\n" + cell("fault", 60) + cell("injected", 10, true) + cell("planned", 10, true) + "\n";
  for (const auto& scenario : result.scenarios) {
    for (const auto& [kind, count] : scenario.sum.faults)
      out += cell(std::string(scenario.of->name) + ": " + kind, 60) +
             cell(std::to_string(count.injected), 10, true) +
             cell(std::to_string(count.planned), 10, true) +
             (count.injected == count.planned ? "\n" : "  NOT ALL\n");
    for (const auto& [kind, why] : scenario.sum.skipped)
      out.append(cell(std::string(scenario.of->name) + ": " + kind, 60))
          .append("   skipped: ")
          .append(why)
          .append("\n");
  }
  out += violations_text(result);
  out +=
      std::string("\n") +
      (result.all_held() ? "every invariant held"
                         : std::to_string(result.violations.size() + result.violations_left_out) +
                               " violations") +
      (result.all_injected() ? ", every planned fault was injected"
                             : ", NOT every planned fault was injected") +
      (result.all_played() ? "" : ", NOT every scenario had its turn") + " (seed " +
      std::to_string(result.seed) + ", " + seconds(result.took) + ")\n";
  return out;
}

} // namespace spec_kitty::chaos
