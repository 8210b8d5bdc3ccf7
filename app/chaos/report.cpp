#include "app/chaos/run.hpp"

#include <cstdio>

namespace spec_kitty::chaos {

namespace {

std::string cell(const std::string& text, std::size_t width, bool right = false) {
  const std::string room(text.size() < width ? width - text.size() : 0, ' ');
  return right ? room + text : text + room;
}

std::string seconds(std::chrono::milliseconds time) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", static_cast<double>(time.count()) / 1000.0);
  return text;
}

fault_count total_of(const scenario_total& one) {
  fault_count sum;
  for (const auto& [kind, count] : one.sum.faults) {
    sum.planned += count.planned;
    sum.injected += count.injected;
  }
  return sum;
}

template <class List, class Render>
std::string joined(const List& list, Render render) {
  std::string out;
  for (const auto& one : list)
    out += (out.empty() ? "" : ", ") + render(one);
  return out;
}

std::string violations_text(const run_result& result) {
  std::string out;
  constexpr std::size_t shown = 10;
  for (std::size_t n = 0; n < result.violations.size() && n < shown; ++n) {
    const auto& one = result.violations[n];
    out += "\nVIOLATION of " + one.what.invariant + ": " + one.what.words + "\n  seed " + one.seed +
           "\n  shortest found: spec-kitty-chaos replay " + one.shortest + "\n";
    for (std::size_t i = 0; i < one.steps.size() && i < 10; ++i)
      out += "    " + one.steps[i] + "\n";
    if (one.steps.size() > 10)
      out += "    and " + std::to_string(one.steps.size() - 10) + " more steps\n";
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
  for (const auto& one : result.scenarios) {
    const auto faults = total_of(one);
    out += cell(std::string(one.of->name), 14) + cell(std::to_string(one.rounds), 8, true) +
           cell(std::to_string(faults.injected), 10, true) +
           cell(std::to_string(faults.planned), 10, true) + cell(seconds(one.took), 10, true) +
           "  " +
           joined(one.sum.figures,
                  [](const auto& figure) {
                    return std::to_string(figure.second) + " " + figure.first;
                  }) +
           "\n";
  }
  out += "\n" + cell("fault", 60) + cell("injected", 10, true) + cell("planned", 10, true) + "\n";
  for (const auto& one : result.scenarios) {
    for (const auto& [kind, count] : one.sum.faults)
      out += cell(std::string(one.of->name) + ": " + kind, 60) +
             cell(std::to_string(count.injected), 10, true) +
             cell(std::to_string(count.planned), 10, true) +
             (count.injected == count.planned ? "\n" : "  NOT ALL\n");
    for (const auto& [kind, why] : one.sum.skipped)
      out.append(cell(std::string(one.of->name) + ": " + kind, 60))
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
