// Work packages: the changes that are in git against the events that were recorded.
#include "app/chaos/invariants.hpp"
#include "app/chaos/invariants_words.hpp"

#include <algorithm>

namespace spec_kitty::chaos {

namespace {

std::string step_words(const work_change& change) {
  return change.from.empty() && change.to.empty() ? std::string("once")
                                                  : change.from + " to " + change.to;
}

std::string sequence_words(const std::vector<std::string>& steps) {
  std::string out;
  for (const auto& step : steps)
    out += (out.empty() ? "" : ", ") + step;
  return out.empty() ? "nothing" : out;
}

using by_subject = std::map<std::string, std::vector<std::string>>;

void compare_changes(const work_view& view, findings& out) {
  by_subject branch;
  by_subject events;
  std::set<std::string> subjects;
  for (const auto& change : view.on_branch) {
    branch[change.subject].push_back(step_words(change));
    subjects.insert(change.subject);
  }
  for (const auto& record : view.recorded) {
    if (!record.shown)
      continue;
    events[record.change.subject].push_back(step_words(record.change));
    subjects.insert(record.change.subject);
  }
  for (const auto& subject : subjects)
    if (branch[subject] != events[subject])
      out.push_back(subject + ": the branch shows " + sequence_words(branch[subject]) +
                    "; the events say " + sequence_words(events[subject]));
}

void find_repeated(const work_view& view, findings& out) {
  std::set<std::string> known;
  for (const auto& record : view.recorded)
    if (!record.shown && !record.change.subject.empty() &&
        !known.insert(record.change.subject).second)
      out.push_back(record.change.subject + " was recorded twice");
}

void check_causes(const work_view& view, findings& out) {
  std::vector<const work_record*> all;
  for (const auto& record : view.recorded)
    if (!record.thread.empty())
      all.push_back(&record);
  std::sort(all.begin(), all.end(),
            [](const auto* a, const auto* b) { return a->lamport_clock < b->lamport_clock; });
  std::map<std::string, std::string> last; // the thread in a home → its event
  for (const auto* record : all) {
    auto& before = last[record->home + " " + record->thread];
    if (record->chained && !before.empty() && record->cause != before)
      out.push_back(record->event_id + " of " + record->change.subject + " has the cause " +
                    (record->cause.empty() ? "nothing" : record->cause) + ", not " + before);
    before = record->event_id;
  }
}

} // namespace

findings changes_are_recorded(const history& seen) {
  for (const auto& view : seen.works) {
    findings found;
    compare_changes(view, found);
    find_repeated(view, found);
    check_causes(view, found);
    for (auto& words : found)
      words = view.when + ": " + words;
    if (!found.empty()) // what comes later may be its consequence
      return found;
  }
  return {};
}

findings interruptions_are_settled(const history& seen) {
  for (const auto& view : seen.works) {
    findings found;
    for (const auto& words : view.left)
      found.push_back(view.when + ": " + words);
    if (!found.empty())
      return found;
  }
  return {};
}

} // namespace spec_kitty::chaos
