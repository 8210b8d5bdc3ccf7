#include "app/chaos/workpackages/work_history.hpp"

#include "app/chaos/process.hpp"
#include "util/json.hpp"

#include <algorithm>
#include <set>

namespace spec_kitty::chaos {

namespace {

/// The text of one answer of `git cat-file --batch`, which begins at `at`; moves `at` behind it.
std::string next_blob(const std::string& all, std::size_t& at) {
  const auto end = std::min(all.find('\n', at), all.size());
  const auto head = all.substr(at, end - at);
  at = std::min(end + 1, all.size());
  if (head.ends_with(" missing"))
    return {};
  const auto size = std::stoul(head.substr(head.rfind(' ') + 1));
  auto text = all.substr(at, size);
  at = std::min(at + size + 1, all.size());
  return text;
}

struct parsed_record {
  work_record record;
  std::string timestamp;
};

std::string text_in(const json_value* object, const char* name) {
  return object == nullptr ? std::string() : text_of(*object, name).value_or("");
}

/// `Subtask T001 marked done` is of a box; any other content is a note.
work_change change_of_entry(const std::string& slug, const std::string& wp,
                            const std::string& content) {
  constexpr std::string_view subtask = "Subtask ";
  const auto marked = content.find(" marked ");
  if (!content.starts_with(subtask) || marked == std::string::npos)
    return {slug + " " + wp + " note " + content, {}, {}};
  const auto to = content.substr(marked + 8);
  return {slug + " " + content.substr(subtask.size(), marked - subtask.size()) + " box",
          to == "done" ? "pending" : "done", to};
}

/// What an event says; an empty subject: no change of work.
work_change change_in(const std::string& type, const std::string& slug, const json_value* payload,
                      bool& shown) {
  const auto wp = text_in(payload, "wp_id");
  if (type == "WPStatusChanged")
    return {slug + " " + wp + " lane", text_in(payload, "previous_status"),
            text_in(payload, "new_status")};
  if (type == "HistoryAdded")
    return change_of_entry(slug, wp, text_in(payload, "entry_content"));
  if (type == "FeatureCompleted")
    return {slug + " complete", {}, {}};
  if (type == "FeatureCreated")
    return {slug + " created", {}, {}};
  if (type == "WPCreated")
    return {slug + " " + wp + " created", {}, {}};
  shown = false;
  if (type == "WPAssigned")
    return {slug + " " + wp + " " + text_in(payload, "phase") + " " +
                std::to_string(whole_number_of(*payload, "retry_count").value_or(0)),
            {},
            {}};
  if (type == "DependencyResolved")
    return {slug + " " + wp + " resolved " + text_in(payload, "dependency_wp_id"), {}, {}};
  return {};
}

std::optional<parsed_record> read_record(const std::string& json) {
  const auto event = parse_json(json);
  const json_value* payload = event ? member(*event, "payload") : nullptr;
  if (payload == nullptr)
    return std::nullopt;
  parsed_record out;
  auto slug = text_in(&*event, "feature_slug");
  if (slug.empty())
    slug = text_in(payload, "feature_slug");
  const auto type = text_in(&*event, "event_type");
  out.record.change = change_in(type, slug, payload, out.record.shown);
  out.record.event_id = text_in(&*event, "event_id");
  out.record.cause = text_in(&*event, "causation_id");
  out.record.home = text_in(&*event, "node_id");
  out.record.lamport_clock =
      static_cast<std::uint64_t>(whole_number_of(*event, "lamport_clock").value_or(0));
  if (!out.record.home.empty() && text_in(&*event, "aggregate_type") == "WorkPackage")
    out.record.thread = slug + " " + text_in(&*event, "aggregate_id");
  // The events of an orchestration are a tree of their own.
  out.record.chained =
      !slug.ends_with("-run") && (type == "WPStatusChanged" || type == "HistoryAdded");
  out.timestamp = text_in(&*event, "timestamp");
  return out;
}

} // namespace

std::vector<work_change> changes_on(const git_runner& git, const std::string& branch) {
  const auto log =
      git({"log", "--first-parent", "--diff-merges=first-parent", "--no-renames", "--name-only",
           "--reverse", "--format=commit %H", branch, "--", "kitty-specs"},
          {});
  std::vector<std::string> paths;
  std::string wanted;
  std::string commit;
  for (const auto& line : support::lines_of(log)) {
    if (line.starts_with("commit ")) {
      commit = line.substr(7);
    } else if (!line.empty()) {
      paths.push_back(line);
      wanted.append(commit).append(":").append(line).append("\n");
    }
  }
  const auto blobs = git({"cat-file", "--batch"}, wanted);
  std::map<std::string, shown_work> last; // by path
  std::vector<work_change> changes;
  std::size_t at = 0;
  for (const auto& path : paths) {
    auto shown = work_shown_by(path, next_blob(blobs, at));
    if (const auto known = last.find(path); known != last.end())
      add_work_changes(known->second, shown, changes);
    last[path] = std::move(shown);
  }
  return changes;
}

std::vector<work_record> records_of(const std::vector<std::string>& events) {
  std::vector<parsed_record> all;
  std::set<std::string> known;
  for (const auto& event : events) {
    auto read = read_record(event);
    const bool is_new =
        read && (read->record.event_id.empty() || known.insert(read->record.event_id).second);
    if (is_new)
      all.push_back(std::move(*read));
  }
  // The timestamp is that of the change: of two homes it is the only order.
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return a.timestamp != b.timestamp ? a.timestamp < b.timestamp
                                      : a.record.lamport_clock < b.record.lamport_clock;
  });
  std::vector<work_record> records;
  for (auto& each : all)
    records.push_back(std::move(each.record));
  return records;
}

} // namespace spec_kitty::chaos
