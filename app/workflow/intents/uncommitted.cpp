#include "app/workflow/intents/uncommitted.hpp"

#include "app/workflow/intents/evidence.hpp"
#include "app/workflow/intents/intent_files.hpp"
#include "app/workflow/intents/shown.hpp"
#include "app/workflow/text_lines.hpp"
#include "util/json.hpp"

#include <algorithm>

namespace spec_kitty::workflow {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t max_uncommitted_bytes = std::size_t{4} << 20;

/// `<git dir>/spec-kitty/uncommitted`: a line for each, a JSON array of path, kind, key and value.
fs::path uncommitted_file(const repository& repo) {
  return repo.git_dir / "spec-kitty" / "uncommitted";
}

std::string start_of_lines(const std::string& path) {
  json_buffer buffer;
  json_writer out(buffer);
  put(out, as_utf8(path));
  return "[" + to_text(buffer) + ",";
}

std::string line_of(const std::string& path, const shown_value& shown) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartArray();
  for (const auto& text : {as_utf8(path), shown.kind, shown.key, shown.value})
    put(out, text);
  out.EndArray();
  return to_text(buffer);
}

/// The lines; none where the file cannot be read.
std::vector<std::string> remembered(const repository& repo) {
  std::vector<std::string> lines;
  const auto text = repo.git_files().read(uncommitted_file(repo), max_uncommitted_bytes);
  if (!text || !*text)
    return lines;
  for (const auto& line : lines_of_text(**text))
    lines.emplace_back(line.content);
  return lines;
}

} // namespace

bool was_recorded_uncommitted(const repository& repo, const fs::path& file,
                              const shown_value& shown) {
  const auto lines = remembered(repo);
  return std::find(lines.begin(), lines.end(), line_of(path_in_checkout(repo, file), shown)) !=
         lines.end();
}

void note_recorded(const repository& repo, const intent& record,
                   const std::vector<std::size_t>& transitions) {
  const auto before = remembered(repo);
  if (before.empty() && record.how != intent_way::files)
    return;
  auto lines = before;
  const auto forget = [&](const std::string& start) {
    std::erase_if(lines, [&](const std::string& line) { return line.starts_with(start); });
  };
  if (record.how != intent_way::files)
    for (const auto& file : record.files)
      forget(start_of_lines(file.path));
  else
    for (const auto number : transitions) {
      const auto& transition = record.transitions[number];
      const auto& path = record.files[transition.file].path;
      if (transition.shows.kind == "lane") // a file has one
        forget(start_of_lines(path) + "\"lane\",");
      lines.push_back(line_of(path, transition.shows));
    }
  if (lines == before)
    return;
  std::string text;
  for (const auto& line : lines)
    text.append(line).append("\n");
  if (text.empty())
    (void)repo.git_files().remove(uncommitted_file(repo));
  else
    (void)repo.git_files().replace(uncommitted_file(repo), text,
                                   {shared_mode_of(repo.git_dir) & 0666U});
}

known_lane lane_known_of(const repository& repo, const std::string& branch,
                         const work_package& package) {
  const auto lane = package.lane();
  if (branch.empty())
    return {lane, false};
  const auto text =
      text_at(git(repo.checkout), "refs/heads/" + branch, path_in_checkout(repo, package.path));
  const auto committed = text ? lane_in(*text) : std::nullopt;
  if (!committed || *committed == lane)
    return {lane, false};
  if (was_recorded_uncommitted(repo, package.path, {"lane", "", lane}))
    return {lane, true};
  return {*committed, true};
}

} // namespace spec_kitty::workflow
