// What a commit stores: numbers, verdicts, order, bytes.
#include "tests/app/server/store/engine_contract.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <thread>

namespace spec_kitty::server::store::testing {

namespace {

/// The log has exactly these texts, numbered 1, 2, 3 …
void expect_log(property_run& run, team_id team, const std::vector<sample>& events) {
  const auto log = whole_log(run.on(), team);
  run.expect(log.ok(), log ? "" : "the log cannot be read: " + log.error().message);
  if (!log)
    return;
  run.expect(log->size() == events.size(), "the log has " + std::to_string(log->size()) +
                                               " events, not " + std::to_string(events.size()));
  for (std::size_t i = 0; i < std::min(log->size(), events.size()); ++i) {
    run.expect((*log)[i].first == i + 1,
               "event " + std::to_string(i + 1) + " has number " + std::to_string((*log)[i].first));
    run.expect((*log)[i].second == events[i].text,
               "event " + std::to_string(i + 1) + " has another text");
  }
}

void expect_verdicts(property_run& run, const result<committed>& done,
                     const std::vector<outcome>& wanted) {
  run.expect(done.ok(), done ? "" : "the commit failed: " + done.error().message);
  if (!done)
    return;
  run.expect(done->batches.size() == 1 && done->batches.front() == wanted,
             "the verdicts are not those of the contract");
}

void numbers_rise_without_a_gap(property_run& run) {
  const team_id team = new_team(run.on(), "team");
  std::vector<sample> all;
  for (const std::size_t size : {1UL, 2UL, 300UL, 0UL, 7UL, 1000UL}) {
    const auto events = samples(all.size() + 1, size);
    const auto done = commit(run.on(), team, events);
    run.expect(done.ok() && done->heads.size() == 1 &&
                   done->heads.front().head == all.size() + size,
               "the head after a commit is not the number of events");
    all.insert(all.end(), events.begin(), events.end());
    (void)commit(run.on(), team, events);      // all known
    (void)commit(run.on(), team + 99, events); // refused
  }
  expect_log(run, team, all);
}

void batches_of_a_submission_keep_their_order(property_run& run) {
  const team_id team = new_team(run.on(), "team");
  std::vector<batch> submission;
  submission.push_back(batch_of(team, samples(50, 10)));
  submission.push_back(batch_of(team, samples(1, 10)));
  const auto done = commit(run.on(), std::move(submission));
  run.expect(done.ok() && done->batches.size() == 2, "a submission of two batches failed");
  auto wanted = samples(50, 10);
  const auto later = samples(1, 10);
  wanted.insert(wanted.end(), later.begin(), later.end());
  expect_log(run, team, wanted);
}

void teams_know_nothing_of_each_other(property_run& run) {
  const team_id first = new_team(run.on(), "first");
  const team_id second = new_team(run.on(), "second");
  auto changed = samples(1, 20);
  for (auto& event : changed)
    event.text = R"({"other":)" + std::to_string(event.number) + "}";
  std::vector<batch> submission;
  submission.push_back(batch_of(first, samples(1, 20)));
  submission.push_back(batch_of(second, changed));
  const auto done = commit(run.on(), std::move(submission));
  run.expect(done.ok(), "a submission for two teams failed");
  if (done)
    for (const auto& part : done->batches)
      for (std::size_t i = 0; i < part.size(); ++i)
        run.expect(part[i] == outcome{verdict::stored, i + 1, i + 1},
                   "the same id in two teams is not two events");
  expect_log(run, first, samples(1, 20));
  expect_log(run, second, changed);
}

void a_known_event_is_a_duplicate(property_run& run) {
  const team_id team = new_team(run.on(), "team");
  (void)commit(run.on(), team, samples(1, 3));
  auto again = samples(2, 3); // 2 and 3 are known, 4 is new
  again[0].lamport = 77;      // stamped anew: not part of the leaf
  again[0].text.replace(again[0].text.find("\"lamport_clock\":2"), 17, "\"lamport_clock\":77");
  expect_verdicts(
      run, commit(run.on(), team, again),
      {{verdict::duplicate, 2, 2}, {verdict::duplicate, 3, 3}, {verdict::stored, 4, 4}});
  expect_log(run, team, samples(1, 4));
}

void an_event_with_another_leaf_differs(property_run& run) {
  const team_id team = new_team(run.on(), "team");
  (void)commit(run.on(), team, samples(1, 2));
  auto changed = samples(2, 1);
  changed[0].text = R"({"another":"event"})";
  expect_verdicts(run, commit(run.on(), team, changed), {{verdict::differs, 2, 2}});
  expect_log(run, team, samples(1, 2));
}

void doubles_within_a_batch_are_known_by_the_first(property_run& run) {
  const team_id team = new_team(run.on(), "team");
  auto events = samples(1, 2);
  events.push_back(events[0]);
  events.push_back(events[1]);
  events.back().text = R"({"another":"event"})";
  expect_verdicts(run, commit(run.on(), team, events),
                  {{verdict::stored, 1, 1},
                   {verdict::stored, 2, 2},
                   {verdict::duplicate, 1, 1},
                   {verdict::differs, 2, 2}});
  expect_log(run, team, samples(1, 2));
}

void doubles_in_concurrent_submissions_are_stored_once(property_run& run) {
  const team_id team = new_team(run.on(), "team");
  std::array<std::size_t, 4> stored{};
  std::vector<std::thread> senders;
  for (auto& count : stored)
    senders.emplace_back([&] {
      for (std::uint64_t first = 1; first <= 400; first += 20) {
        const auto done = commit(run.on(), team, samples(first, 20));
        run.expect(done.ok(), "a concurrent commit failed");
        if (done)
          for (const auto& event : done->batches.front())
            count += event.what == verdict::stored ? 1 : 0;
      }
    });
  for (auto& sender : senders)
    sender.join();
  run.expect(stored[0] + stored[1] + stored[2] + stored[3] == 400,
             "an event was stored twice or not at all");
  const auto log = whole_log(run.on(), team);
  std::set<std::string> texts;
  if (log)
    for (const auto& [seq, text] : *log)
      texts.insert(text);
  run.expect(log && log->size() == 400 && texts.size() == 400, "the log does not have each once");
}

void texts_come_back_byte_for_byte(property_run& run) {
  const team_id team = new_team(run.on(), "team");
  std::vector<sample> events;
  std::string bytes;
  for (int value = 0; value < 256; ++value)
    bytes += static_cast<char>(value);
  events.push_back({1, bytes});
  events.push_back({2, "x"});
  events.push_back({3, R"({"nul":"\u0000","bad":")"
                       "\xff\xfe"
                       R"("})"});
  std::string large;
  while (large.size() < (std::size_t{1} << 20))
    large += text_of(large.size());
  large.resize(std::size_t{1} << 20);
  events.push_back({4, large});
  events.push_back({5, large.substr(7)});
  for (const auto& event : samples(6, 300))
    events.push_back(event);
  run.expect(commit(run.on(), team, events).ok(), "the commit failed");
  expect_log(run, team, events);
  run.reopen();
  expect_log(run, team, events);
}

void what_was_answered_is_there_after_a_restart(property_run& run) {
  const team_id team = new_team(run.on(), "team");
  const team_id other = new_team(run.on(), "other");
  (void)commit(run.on(), team, samples(1, 700));
  (void)commit(run.on(), other, samples(1, 5));
  run.reopen();
  expect_log(run, team, samples(1, 700));
  const auto again = commit(run.on(), team, samples(700, 2));
  expect_verdicts(run, again, {{verdict::duplicate, 700, 700}, {verdict::stored, 701, 701}});
  expect_log(run, other, samples(1, 5));
}

void a_refused_submission_leaves_nothing(property_run& run) {
  const team_id team = new_team(run.on(), "team");
  std::vector<batch> submission;
  submission.push_back(batch_of(team, samples(1, 5)));
  submission.push_back(batch_of(team + 99, samples(6, 5)));
  const auto done = commit(run.on(), std::move(submission));
  run.expect(!done && done.error().code == ec::not_found,
             "a submission for a team that does not exist was not refused as such");
  auto too_many = samples(1, 10'001);
  const auto refused = commit(run.on(), team, too_many);
  run.expect(!refused && refused.error().code == ec::bad_input, "10,001 events were accepted");
  expect_log(run, team, {});
}

void events_one_by_one_stay_in_order(property_run& run) {
  const team_id team = new_team(run.on(), "team");
  const team_id other = new_team(run.on(), "other");
  for (std::uint64_t number = 1; number <= 120; ++number) {
    (void)commit(run.on(), team, samples(number, 1));
    (void)commit(run.on(), other, samples(3 * number, number % 3));
  }
  expect_log(run, team, samples(1, 120));
  run.reopen();
  expect_log(run, team, samples(1, 120));
  const auto checked = check(run.on());
  run.expect(checked && checked->finding_count == 0, "check finds faults after small commits");
}

} // namespace

std::vector<engine_property> commit_properties() {
  return {
      {"numbers rise without a gap", numbers_rise_without_a_gap},
      {"batches of a submission keep their order", batches_of_a_submission_keep_their_order},
      {"teams know nothing of each other", teams_know_nothing_of_each_other},
      {"a known event is a duplicate", a_known_event_is_a_duplicate},
      {"an event with another leaf differs", an_event_with_another_leaf_differs},
      {"doubles within a batch are known by the first",
       doubles_within_a_batch_are_known_by_the_first},
      {"doubles in concurrent submissions are stored once",
       doubles_in_concurrent_submissions_are_stored_once},
      {"texts come back byte for byte", texts_come_back_byte_for_byte},
      {"what was answered is there after a restart", what_was_answered_is_there_after_a_restart},
      {"a refused submission leaves nothing", a_refused_submission_leaves_nothing},
      {"events one by one stay in order", events_one_by_one_stay_in_order},
  };
}

} // namespace spec_kitty::server::store::testing
