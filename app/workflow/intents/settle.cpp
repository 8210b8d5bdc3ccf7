#include "app/workflow/intents/settle.hpp"

#include "app/workflow/intents/evidence.hpp"
#include "app/workflow/intents/signal_hold.hpp"
#include "app/workflow/intents/take_back.hpp"
#include "app/workflow/intents/uncommitted.hpp"
#include "app/workflow/repo_edit.hpp"
#include "app/workflow/text_lines.hpp"
#include "config/checkout.hpp"
#include "config/git_files.hpp"
#include "util/json.hpp"
#include "util/text.hpp"

#include <algorithm>

namespace spec_kitty::workflow {

namespace fs = std::filesystem;

namespace {

using std::chrono::milliseconds;

std::string name_of(const intent& record) {
  return "an interrupted command (" + as_utf8(record.command) + ")";
}

/// The events of an intent, as a person knows them: `WPStatusChanged, HistoryAdded`.
std::string event_names(const intent& record) {
  std::vector<std::string> names;
  for (const auto& transition : record.transitions)
    names.push_back(transition.event_type);
  return names.empty() ? "no events" : joined(names);
}

failure still_runs(const intent& record) {
  const std::string pid = std::to_string(record.git->pid);
  return {ec::blocked,
          "git of " + name_of(record) + " (pid " + pid + ", its hooks) is still running",
          "wait for it, or end it: kill " + pid};
}

/// The same intent with the checkout where the repository is now.
intent located(const repository& repo, intent record) {
  std::error_code error;
  const auto place = locate_checkout(record.checkout);
  if (!fs::is_directory(record.checkout, error) || !place ||
      !same_folder(place->git_dir, repo.git_dir))
    record.checkout = repo.checkout.string();
  return record;
}

/// One settlement at work.
class settlement {
public:
  settlement(const repository& repo, const settle_host& host)
      : repo_(repo), folder_(repo), host_(host) {}

  result<settled_intent> settle(const intent& record);
  void hand_over_dropped() const;
  settled_intent record_events(intent record, const std::vector<std::size_t>& transitions);
  settled_intent undo(const intent& record);
  const intent_folder& folder() const { return folder_; }

private:
  result<settled_intent> carry_out(const intent& record, intent_outcome outcome);

  const repository& repo_;
  intent_folder folder_;
  const settle_host& host_;
};

settled_intent settlement::record_events(intent record,
                                         const std::vector<std::size_t>& transitions) {
  settled_intent done{record.id, record.command, "recorded", transitions.size()};
  if (!transitions.empty()) {
    if (host_.home.empty()) {
      if (record.state != intent_state::unrecorded) {
        record.state = intent_state::unrecorded;
        (void)folder_.write(record);
      }
      done.outcome = "left";
      done.events = 0;
      return done;
    }
    const auto state = record.state;
    record.state = intent_state::recording;
    record.home = host_.home;
    (void)folder_.write(record);
    if (!host_.record(record, transitions)) {
      record.state = state == intent_state::begun && record.how == intent_way::files
                         ? state // the files are asked again
                         : intent_state::unrecorded;
      record.home.reset();
      (void)folder_.write(record);
      done.outcome = "left";
      done.events = 0;
      return done;
    }
    host_.say(name_of(record) + " had changed the repository; " +
              count_of(transitions.size(), "event") + " recorded");
  }
  note_recorded(repo_, record, transitions);
  folder_.remove(record.id);
  return done;
}

settled_intent settlement::undo(const intent& record) {
  const auto locks = record.git ? remove_stale_locks(repo_, record) : std::vector<std::string>{};
  for (const auto& lock : locks)
    host_.say("removed " + lock + ", which git of " + name_of(record) + " left");
  const auto left = record.how != intent_way::ref ? take_back(repo_, record, changed_files::left)
                    : record.git                  ? take_back_checkout(repo_, record)
                                                  : std::vector<std::string>{};
  for (const auto& sentence : left)
    host_.say(sentence);
  host_.say(name_of(record) + " was not finished; " +
            (left.empty() ? "its changes were taken back" : "its other changes were taken back"));
  folder_.remove(record.id);
  return {record.id, record.command, "taken_back", 0};
}

/// What was dropped here is counted by the home, where a person sees and acknowledges it.
void settlement::hand_over_dropped() const {
  const auto events = folder_.dropped();
  if (events == 0 || host_.home.empty() || !host_.count_dropped(events))
    return;
  folder_.forget_dropped();
  host_.say(dropped_words(events) + "; this home counts them as dropped");
}

result<settled_intent> settlement::settle(const intent& record) {
  const git git_there(record.checkout);
  auto outcome = decide(facts_of(git_there, record, host_.home, wall_clock_now()));
  if (outcome == intent_outcome::wait) {
    if (!wait_for_end(*record.git, host_.patience))
      return still_runs(record);
    outcome = decide(facts_of(git_there, record, host_.home, wall_clock_now()));
  }
  return carry_out(record, outcome);
}

result<settled_intent> settlement::carry_out(const intent& record, intent_outcome outcome) {
  const signal_hold hold;
  switch (outcome) {
  case intent_outcome::record:
    if (record.state == intent_state::begun) { // its git was killed, perhaps before the index
      for (const auto& lock : remove_stale_locks(repo_, record))
        host_.say("removed " + lock + ", which git of " + name_of(record) + " left");
      freshen_index(record);
    }
    return record_events(record, all_transitions(record));
  case intent_outcome::judge_files:
    return record_events(record, shown_transitions(files_of(repo_, record), record));
  case intent_outcome::take_back:
    return undo(record);
  case intent_outcome::leave:
    host_.say(count_of(record.transitions.size(), "event") + " of " + name_of(record) +
              " are recorded in another home, by the next command that uses it here");
    return settled_intent{record.id, record.command, "left", 0};
  case intent_outcome::wait:
    return still_runs(record);
  case intent_outcome::ask:
    break;
  }
  host_.say(name_of(record) + " of " + format_timestamp(record.at).substr(0, 10) +
            " left events (" + event_names(record) +
            "); if its change is in the repository: " + settle_command + " --record " + record.id +
            ", else: " + settle_command + " --drop " + record.id);
  return settled_intent{record.id, record.command, "expired", 0};
}

} // namespace

std::string dropped_words(std::uint64_t events) {
  return count_of(events, "event") + " of this repository " + (events == 1 ? "was" : "were") +
         " dropped: too many changes waited for a home";
}

result<std::vector<settled_intent>> settle_intents(const repository& repo,
                                                   const settle_host& host) {
  std::vector<settled_intent> done;
  settlement work(repo, host);
  for (auto& found : work.folder().list()) {
    if (!found.record) {
      const bool later = found.record.error().code == ec::store_version;
      const auto file = work.folder().file_of(found.id).string();
      if (!later)
        work.folder().set_aside(found.id);
      host.say(file + ": " + found.record.error().message +
               (later ? "; a later spec-kitty settles it" : "; it was renamed"));
      done.push_back({found.id, {}, later ? "left" : "damaged", 0});
      continue;
    }
    auto settled = work.settle(located(repo, std::move(*found.record)));
    if (!settled)
      return settled.error();
    done.push_back(std::move(*settled));
  }
  work.hand_over_dropped();
  work.folder().remove_leftovers();
  return done;
}

result<settled_intent> settle_by_hand(const repository& repo, const std::string& id,
                                      intent_verdict verdict, const settle_host& host) {
  settlement work(repo, host);
  const auto all = work.folder().list();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.id == id; });
  if (found == all.end())
    return failure{ec::not_found, "no open intent " + excerpt(id) + " in " + repo.git_dir.string(),
                   std::string("list them: ") + settle_command};
  if (!found->record) {
    if (verdict == intent_verdict::record)
      return failure{ec::bad_input, id + ": " + found->record.error().message,
                     std::string("drop it: ") + settle_command + " --drop " + id};
    work.folder().remove(id);
    return settled_intent{id, {}, "dropped", 0};
  }
  const auto record = located(repo, *found->record);
  if (record.git && record.state == intent_state::begun &&
      !wait_for_end(*record.git, host.patience))
    return still_runs(record);
  const signal_hold hold;
  if (verdict == intent_verdict::drop) {
    work.folder().remove(id);
    return settled_intent{id, record.command, "dropped", 0};
  }
  auto done = work.record_events(record, all_transitions(record));
  if (done.outcome == "left")
    return failure{ec::store_unusable, "the events of " + id + " could not be recorded",
                   "spec-kitty sync doctor"};
  return done;
}

result<std::optional<intent>> unsettled_intent(const repository& repo, const std::string& id) {
  for (auto& found : intent_folder(repo).list()) {
    if (found.id != id || !found.record || found.record->state == intent_state::recording)
      continue;
    auto record = located(repo, std::move(*found.record));
    if (record.git && !wait_for_end(*record.git, settle_host{}.patience))
      return still_runs(record);
    (void)remove_stale_locks(repo, record);
    return std::optional(std::move(record));
  }
  return std::optional<intent>{};
}

std::vector<open_intent> open_intents(const repository& repo) {
  std::vector<open_intent> open;
  const intent_folder folder(repo);
  const auto all = folder.list();
  const auto damaged = folder.damaged();
  const auto dropped = folder.dropped();
  if ((all.empty() && damaged.empty() && dropped == 0) || edit_is_under_way(repo))
    return open;
  for (const auto& found : all) {
    std::string message = folder.file_of(found.id).string();
    if (found.record)
      message = name_of(*found.record) + " left " +
                (found.record->transitions.empty()
                     ? std::string("a change")
                     : count_of(found.record->transitions.size(), "event")) +
                " to settle";
    else
      message.append(": ").append(found.record.error().message);
    open.push_back({std::move(message), settle_command});
  }
  if (dropped > 0)
    open.push_back({dropped_words(dropped), settle_command});
  for (const auto& id : damaged) {
    const auto file = (folder.path() / (id + ".damaged")).string();
    open.push_back({file + " could not be read; its command may have changed files",
                    "rm " + shell_word(file)});
  }
  return open;
}

} // namespace spec_kitty::workflow
