// Agents that print nothing: said at once, shown by --status, and taken back when they print again.
#include "app/orchestrate/conductor.hpp"
#include "app/workflow/text_lines.hpp"
#include "util/text.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace spec_kitty::orchestrate {

namespace {

using namespace std::chrono_literals;

constexpr auto look_interval = 1s;
constexpr off_t max_quoted_output = 4096;

/// The last line that an agent printed into its log; empty where it printed none.
std::string last_line_in(int log, off_t size) {
  const auto from = std::max<off_t>(size - max_quoted_output, 0);
  std::string end(static_cast<std::size_t>(size - from), '\0');
  const auto got = ::pread(log, end.data(), end.size(), from);
  end.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  const auto words = quoted_last_line(end);
  return words.starts_with(": === ") ? "" : words; // the title of its try
}

} // namespace

std::string conductor::log_command(const package_run& package) const {
  return "less " + shell_word(config_.state.of(package.id, ".log").string());
}

result<void> conductor::watch_silence() {
  const auto now = std::chrono::steady_clock::now();
  if (now - looked_at_ < look_interval)
    return {};
  looked_at_ = now;
  for (auto& [wp, running] : at_work_) {
    const auto log = config_.state.files().open(config_.state.of(wp, ".log"), O_RDONLY);
    struct stat info {};
    if (!log || !*log || ::fstat(log->get(), &info) != 0)
      continue;
    auto& package = *run_.find(wp);
    const auto change = running.silence.look(static_cast<std::uint64_t>(info.st_size), now);
    if (change == silence_watch::change::none)
      continue;
    package.reason.clear();
    package.hint.clear();
    if (change == silence_watch::change::fell_silent)
      note_silence(package, last_line_in(log->get(), info.st_size));
    if (auto saved = save(); !saved)
      return saved;
  }
  return {};
}

void conductor::note_silence(package_run& package, const std::string& last) {
  const auto& agent = package.of(package.task()).agent;
  const auto* spec = config_.approved.agents.find(agent);
  package.reason = agent + " has printed nothing for " +
                   duration_words(spec == nullptr ? 0s : spec->silence) +
                   " and may wait for an answer" + last;
  package.hint = "see its log: " + log_command(package) +
                 "; or skip it: " + orchestrate_command(run_, "--skip " + package.id);
  config_.say(package.id + ": " + package.reason + "; " + package.hint);
}

} // namespace spec_kitty::orchestrate
