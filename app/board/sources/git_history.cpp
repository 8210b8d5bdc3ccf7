#include "app/board/sources/git_history.hpp"

#include "app/workflow/git.hpp"
#include "messages/event.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <filesystem>

namespace spec_kitty::board {

namespace {

constexpr std::chrono::seconds git_patience{60};
constexpr const char* max_commits = "20000";

std::string_view next_line(std::string_view& rest) {
  const auto line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  return line;
}

/// `lane: "doing"  # why` as `doing`; empty for what is not a lane of the contract.
std::string_view lane_in(std::string_view line) {
  line.remove_prefix(std::string_view("+lane:").size());
  const auto from = line.find_first_not_of(" \t\"'");
  if (from == std::string_view::npos)
    return {};
  line = line.substr(from, line.find_first_of(" \t\"'#\r", from) - from);
  return std::find(lane_names.begin(), lane_names.end(), line) == lane_names.end()
             ? std::string_view()
             : line;
}

/// `+++ b/kitty-specs/001-tea/tasks/WP01-boil.md`: which work package's file follows.
bool read_path(std::string_view line, lane_move& move) {
  constexpr std::string_view before = "+++ b/kitty-specs/";
  move.feature.clear();
  if (!line.starts_with(before))
    return false;
  line.remove_prefix(before.size());
  const auto slug = line.substr(0, line.find('/'));
  const auto name = line.substr(line.rfind('/') + 1);
  if (line.substr(slug.size()) != "/tasks/" + std::string(name) ||
      !is_work_package_id(name.substr(0, 4)))
    return false;
  move.feature = std::string(slug);
  move.wp_id = std::string(name.substr(0, 4));
  return true;
}

} // namespace

std::vector<lane_move> moves_in_log(std::string_view log) {
  std::vector<lane_move> moves;
  lane_move now;
  bool in_hunk = false;
  while (!log.empty()) {
    auto line = next_line(log);
    if (line.starts_with("commit ")) { // `commit <seconds> <author>`
      line.remove_prefix(7);
      const auto time = line.substr(0, line.find(' '));
      now.at = whole_number<std::int64_t>(time).value_or(0) * 1'000'000;
      now.actor = std::string(line.substr(std::min(time.size() + 1, line.size())));
      now.feature.clear();
      in_hunk = false;
    } else if (line.starts_with("diff --git ")) {
      now.feature.clear();
      in_hunk = false;
    } else if (line.starts_with("@@ ")) {
      in_hunk = true;
    } else if (!in_hunk && line.starts_with("+++ ")) {
      read_path(line, now);
    } else if (in_hunk && !now.feature.empty() && line.starts_with("+lane:")) {
      if (const auto lane = lane_in(line); !lane.empty() && now.at > 0) {
        now.lane = std::string(lane);
        moves.push_back(now);
      }
    }
  }
  return moves;
}

git_moves read_git_moves(const workflow::repository& repo) {
  const workflow::git git(repo.checkout);
  if (!git.commit_of("HEAD"))
    return {};
  git_moves found;
  const auto log = git.attempt({"-c",
                                "core.quotePath=false",
                                "log",
                                "--reverse",
                                "--topo-order",
                                "--no-renames",
                                "--no-color",
                                "--no-ext-diff",
                                "--no-textconv",
                                "--no-show-signature",
                                "--relative",
                                std::string("--max-count=") + max_commits,
                                "-p",
                                "-U0",
                                "-G^lane:",
                                "--src-prefix=a/",
                                "--dst-prefix=b/",
                                "--format=commit %ct %an",
                                "--",
                                ":(glob)kitty-specs/*/tasks/WP*.md"},
                               git_patience);
  if (!log || log->status != 0)
    return {{}, false};
  found.moves = moves_in_log(log->out);
  std::error_code error;
  found.complete = !std::filesystem::exists(repo.git_dir / "shallow", error);
  return found;
}

} // namespace spec_kitty::board
