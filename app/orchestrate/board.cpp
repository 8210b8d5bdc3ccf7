#include "app/orchestrate/board.hpp"

#include "util/json.hpp"
#include "util/timestamp.hpp"
#include "util/utf8.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace spec_kitty::orchestrate {

namespace {

constexpr epoch_us second = 1'000'000;

std::string cell(std::string text, std::size_t width) {
  if (text.size() > width)
    text = text.substr(0, width);
  text.append(width - text.size(), ' ');
  return text + "  ";
}

std::string clock_time(epoch_us time) {
  const auto all = static_cast<std::int64_t>(std::max<epoch_us>(time, 0) / second);
  const auto two = [](std::int64_t number) {
    return (number < 10 ? "0" : "") + std::to_string(number);
  };
  const std::string minutes = two(all / 60 % 60) + ":" + two(all % 60);
  return all >= 3600 ? std::to_string(all / 3600) + ":" + minutes : minutes;
}

std::string row_of(const package_run& package, epoch_us now, std::size_t columns) {
  const bool review = package.at == stage::reviewing || package.at == stage::done;
  const std::string& agent = review ? package.review.agent : package.implementation.agent;
  const auto spent = package.spent + (package.running ? now - package.began : 0);
  const auto starts = package.implementation.starts + package.review.starts;
  const bool began = starts > 0;
  std::string text = cell(package.id, 4) + cell(std::string(to_string(package.at)), 12) +
                     cell(agent.empty() ? "-" : agent, 14) +
                     cell(began ? clock_time(spent) : "-", 8) +
                     cell(package.errors > 0 ? std::to_string(package.errors) : "-", 7);
  if (!package.reason.empty())
    text += printable(package.reason); // before the row is cut to the terminal's width
  else if (package.at == stage::waiting && !began && !package.dependencies.empty()) {
    std::string before;
    for (const auto& id : package.dependencies)
      before += (before.empty() ? "waits for " : ", ") + id;
    text += before;
  }
  while (!text.empty() && text.back() == ' ')
    text.pop_back();
  return excerpt(text, columns > 4 ? columns - 4 : columns);
}

bool is_interesting(const package_run& package) {
  return package.running || package.at == stage::paused;
}

winsize terminal_size() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) {
    size.ws_col = 80;
    size.ws_row = 24;
  }
  return size;
}

} // namespace

std::vector<std::string> table_lines(const orchestration& run, epoch_us now, std::size_t columns,
                                     std::size_t rows) {
  std::vector<std::string> lines = {
      excerpt(cell("WP", 4) + cell("phase", 12) + cell("agent", 14) + cell("time", 8) + "retries",
              columns)};
  const bool all = run.packages.size() + 2 <= rows;
  const std::size_t capacity = all ? run.packages.size() : std::max<std::size_t>(rows, 4) - 3;
  std::vector<const package_run*> shown;
  for (const bool first : {true, false}) // the chosen rows keep the order of the plan
    for (const auto& package : run.packages)
      if (shown.size() < capacity && is_interesting(package) == first)
        shown.push_back(&package);
  std::sort(shown.begin(), shown.end()); // pointers into one vector, which is in the plan's order
  for (const auto* package : shown)
    lines.push_back(row_of(*package, now, columns));
  if (shown.size() < run.packages.size())
    lines.push_back("… and " + std::to_string(run.packages.size() - shown.size()) + " more");
  lines.push_back(count_line(run));
  return lines;
}

std::string count_line(const orchestration& run) {
  const auto count = [&](auto which) {
    return std::to_string(std::count_if(run.packages.begin(), run.packages.end(), which));
  };
  const auto at = [](stage wanted) {
    return [wanted](const package_run& package) { return package.at == wanted; };
  };
  std::string line = count(at(stage::done)) + " of " + std::to_string(run.packages.size()) +
                     " done, " + count([](const auto& entry) { return entry.running; }) +
                     " running";
  for (const auto extra : {stage::skipped, stage::paused})
    if (const auto number = count(at(extra)); number != "0")
      line += ", " + number + " " + std::string(to_string(extra));
  return line;
}

void board::erase() {
  out_.erase_lines(std::exchange(drawn_, 0));
}

void board::draw(const orchestration& run) {
  const auto size = terminal_size();
  const auto lines = table_lines(run, wall_clock_now(), size.ws_col, size.ws_row - 1U);
  erase();
  for (const auto& line : lines)
    out_.line(line);
  drawn_ = lines.size();
  out_.flush();
}

void board::show(const orchestration& run) {
  if (!out_.live)
    return;
  const auto now = wall_clock_now();
  std::string state;
  for (const auto& package : run.packages)
    state.append(to_string(package.at)).append(package.running ? "+" : " ");
  if (state == last_ && drawn_ > 0 && now - last_at_ < second && now >= last_at_)
    return;
  last_ = std::move(state);
  last_at_ = now;
  draw(run);
}

void board::say(const std::string& line) {
  if (out_.silent)
    return;
  erase();
  out_.line(line);
  out_.flush();
}

void board::end(const orchestration& run) {
  if (!out_.live)
    return;
  draw(run);
  drawn_ = 0;
}

} // namespace spec_kitty::orchestrate
