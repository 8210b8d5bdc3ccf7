#include "app/chaos/workpackages/shown_work.hpp"

#include "app/chaos/process.hpp"

#include <set>

namespace spec_kitty::chaos {

namespace {

constexpr std::string_view specs_folder = "kitty-specs/";
constexpr std::string_view note_mark = " – trial-"; ///< in front of a note's number

std::string without_quotes(std::string text) {
  std::erase(text, '"');
  return text;
}

/// The lane of the frontmatter, and the notes of the log.
void read_package(const std::string& subject, std::string_view text, shown_work& shown) {
  int fences = 0;
  std::map<std::string, int> notes;
  for (const auto& line : support::lines_of(text)) {
    if (line == "---")
      ++fences;
    else if (fences == 1 && line.starts_with("lane: "))
      shown[subject + " lane"] = without_quotes(line.substr(6));
    else if (const auto at = line.rfind(note_mark);
             at != std::string::npos && line.starts_with("- 20"))
      ++notes[line.substr(at + 5)];
  }
  for (const auto& [note, count] : notes)
    shown[subject + " note " + note] = std::to_string(count);
}

void read_boxes(const std::string& slug, std::string_view text, shown_work& shown) {
  for (const auto& line : support::lines_of(text)) {
    const bool checked = line.starts_with("- [x] T");
    if (checked || line.starts_with("- [ ] T"))
      shown[slug + " " + line.substr(6, 4) + " box"] = checked ? "done" : "pending";
  }
}

void read_meta(const std::string& slug, std::string_view text, shown_work& shown) {
  constexpr std::string_view accepted = "  \"accepted_at\": ";
  for (const auto& line : support::lines_of(text))
    if (line.starts_with(accepted))
      shown[slug + " complete"] = line.substr(accepted.size());
}

std::string value_of(const shown_work& shown, const std::string& subject) {
  const auto found = shown.find(subject);
  return found == shown.end() ? std::string() : found->second;
}

int count_in(const std::string& number) {
  return number.empty() ? 0 : std::stoi(number);
}

} // namespace

shown_work work_shown_by(const std::string& path, std::string_view text) {
  shown_work shown;
  if (!path.starts_with(specs_folder))
    return shown;
  const auto slash = path.find('/', specs_folder.size());
  const auto slug = path.substr(specs_folder.size(), slash - specs_folder.size());
  const auto name = slash == std::string::npos ? std::string() : path.substr(slash + 1);
  if (name.starts_with("tasks/WP"))
    read_package(slug + " " + name.substr(6, 4), text, shown);
  else if (name == "tasks.md")
    read_boxes(slug, text, shown);
  else if (name == "meta.json")
    read_meta(slug, text, shown);
  return shown;
}

void add_work_changes(const shown_work& before, const shown_work& after,
                      std::vector<work_change>& changes) {
  std::set<std::string> subjects;
  for (const auto* all : {&before, &after})
    for (const auto& [subject, value] : *all)
      subjects.insert(subject);
  for (const auto& subject : subjects) {
    const auto from = value_of(before, subject);
    const auto to = value_of(after, subject);
    if (from == to)
      continue;
    if (subject.ends_with(" lane") || subject.ends_with(" box")) {
      changes.push_back({subject, from, to});
    } else if (subject.ends_with(" complete")) {
      changes.push_back({subject, {}, {}});
    } else {
      for (int more = count_in(to) - count_in(from); more > 0; --more)
        changes.push_back({subject, {}, {}});
      for (int less = count_in(from) - count_in(to); less > 0; --less)
        changes.push_back({subject, "there", "gone"});
    }
  }
}

} // namespace spec_kitty::chaos
