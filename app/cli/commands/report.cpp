// spec-kitty report: the board's counts in a terminal and as a file. Writes nothing.
#include "app/board/core/counts.hpp"
#include "app/board/core/view_json.hpp"
#include "app/board/sources/local_board.hpp"
#include "app/cli/command.hpp"
#include "app/cli/work_command.hpp"
#include "util/text.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>

namespace spec_kitty {

namespace {

struct report_options {
  std::string feature; ///< empty: all
  std::string format = "text";
};

std::string words_of(const std::optional<epoch_us>& duration) {
  return duration ? duration_words(std::chrono::microseconds(*duration)) : "-";
}

std::string seconds_of(const std::optional<epoch_us>& duration) {
  return duration ? std::to_string(*duration / 1'000'000) : std::string();
}

/// A field of CSV. A spreadsheet takes text that begins with one of `=+-@` for a formula, so such
/// text gets a quotation mark in front.
std::string csv_field(std::string text) {
  if (!text.empty() && std::string_view("=+-@").find(text[0]) != std::string_view::npos)
    text.insert(0, "'");
  if (text.find_first_of(",\"\r\n") == std::string::npos)
    return text;
  std::string quoted = "\"";
  for (const char c : text)
    quoted.append(c == '"' ? 2 : 1, c);
  return quoted + "\"";
}

void print_csv(context& ctx, const board::event_log& log, const board::board_counts& counts) {
  ctx.out.line("feature,wp_id,cycle_s,planned_s,doing_s,review_s,sent_back");
  for (const auto& package : counts.packages) {
    const auto& name = log.packages()[package.package];
    ctx.out.line(csv_field(std::string(log.features().text(name.feature))) + "," + name.id + "," +
                 seconds_of(package.cycle) + "," + seconds_of(package.in_lane[0]) + "," +
                 seconds_of(package.in_lane[1]) + "," + seconds_of(package.in_lane[2]) + "," +
                 std::to_string(package.sent_back));
  }
}

std::string in_column(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

void print_days(context& ctx, const board::board_counts& counts) {
  constexpr std::size_t max_days_shown = 14;
  ctx.out.line("");
  ctx.out.line("day         done  planned  doing  for review  done in all");
  std::size_t shown = 0;
  for (auto day = counts.days.rbegin(); day != counts.days.rend() && shown < max_days_shown;
       ++day) {
    const bool is_last = day == counts.days.rbegin();
    if (day->finished == 0 && !is_last)
      continue;
    ++shown;
    ctx.out.line(format_timestamp(day->day * 86'400'000'000).substr(0, 10) + "  " +
                 in_column(std::to_string(day->finished), 6) +
                 in_column(std::to_string(day->lanes[0]), 9) +
                 in_column(std::to_string(day->lanes[1]), 7) +
                 in_column(std::to_string(day->lanes[2]), 12) + std::to_string(day->lanes[3]));
  }
}

void print_text(context& ctx, const report_options& chosen, const board::event_log& log,
                const board::board_counts& counts) {
  const auto finished =
      std::count_if(counts.packages.begin(), counts.packages.end(),
                    [](const auto& package) { return package.cycle.has_value(); });
  std::uint64_t done = 0;
  for (const auto& day : counts.days)
    done += day.finished;
  ctx.out.line((chosen.feature.empty() ? "all features" : chosen.feature) + ": " +
               count_of(counts.packages.size(), "work package"));
  if (counts.days.empty())
    return ctx.out.line("nothing has moved yet");
  ctx.out.line("throughput     " + count_of(done, "work package") + " finished in " +
               count_of(counts.days.size(), "day"));
  ctx.out.line("cycle time     " + (counts.cycle_median
                                        ? "half took at most " + words_of(counts.cycle_median) +
                                              ", 85 of 100 at most " + words_of(counts.cycle_85) +
                                              " (of " + std::to_string(finished) + " that are done)"
                                        : "not known: no work package is done"));
  ctx.out.line("in review      " + (counts.review_median
                                        ? "half spent at most " + words_of(counts.review_median)
                                        : "not known: none was reviewed"));
  ctx.out.line("sent back      " + std::to_string(counts.sent_back) + " of " +
               std::to_string(counts.reviewed) + " that were reviewed");
  if (counts.clock_disagreements > 0)
    ctx.out.line("clocks         disagreed " + count_of(counts.clock_disagreements, "time") +
                 "; such a duration counts as none");
  print_days(ctx, counts);
  ctx.out.line("");
  ctx.out.line("moves  to review  done  sent back  agent or person");
  for (const auto& [name, person] : counts.people)
    ctx.out.line(in_column(std::to_string(person.moves), 7) +
                 in_column(std::to_string(person.to_review), 11) +
                 in_column(std::to_string(person.finished), 6) +
                 in_column(std::to_string(person.sent_back), 11) + name);
  ctx.out.line("");
  ctx.out.line("cycle       doing       in review   sent back  work package");
  for (const auto& package : counts.packages) {
    const auto& name = log.packages()[package.package];
    ctx.out.line(in_column(words_of(package.cycle), 12) +
                 in_column(words_of(package.in_lane[1]), 12) +
                 in_column(words_of(package.in_lane[2]), 12) +
                 in_column(std::to_string(package.sent_back), 11) + name.id + "  " +
                 std::string(log.features().text(name.feature)));
  }
}

exit_status report(context& ctx, report_options chosen) {
  const auto repo = find_repository(ctx);
  if (!repo)
    return ctx.fail(repo.error());
  if (!chosen.feature.empty()) {
    const auto feature =
        workflow::feature::find(*repo, chosen.feature, workflow::feature_use::look);
    if (!feature)
      return ctx.fail(feature.error());
    chosen.feature = feature->slug();
  }
  board::local_board all(*repo, home_view(ctx));
  all.read_features();
  all.read_home_events();
  all.take_commits(board::read_git_moves(*repo));
  all.settle();
  for (const auto& problem : all.now().unreadable)
    ctx.out.warn_of("files that cannot be read", problem);
  const auto counts = board::count(all.log(), all.log().size(), wall_clock_now(), chosen.feature);
  ctx.out.object([&](json_writer& out) {
    field(out, "feature", chosen.feature.empty() ? std::nullopt : std::optional(chosen.feature));
    board::write_counts(out, all.log(), counts);
  });
  if (chosen.format == "csv")
    print_csv(ctx, all.log(), counts);
  else
    print_text(ctx, chosen, all.log(), counts);
  return exit_status::done;
}

/// `--format json` is `--json`.
exit_status report_as_json(context& ctx, const report_options& chosen) {
  output written(true, ctx.out.quiet(), ctx.out.color());
  std::swap(ctx.out, written);
  return report(ctx, chosen);
}

} // namespace

command_action declare_report(CLI::App& app) {
  auto options = std::make_shared<report_options>();
  app.add_option("feature", options->feature, "Feature (default: all of them)")
      ->type_name("FEATURE");
  app.add_option("--format", options->format, "text, json or csv (text)")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "json", "csv"}));
  return [options](context& ctx) {
    return options->format == "json" && !ctx.out.json() ? report_as_json(ctx, *options)
                                                        : report(ctx, *options);
  };
}

} // namespace spec_kitty
