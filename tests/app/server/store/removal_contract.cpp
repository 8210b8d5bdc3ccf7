// What is taken away: texts by age, one text, a team; and copies that are made meanwhile.
#include "tests/app/server/store/engine_contract.hpp"

#include <atomic>
#include <thread>

namespace spec_kitty::server::store::testing {

namespace {

void commit_at(property_run& run, team_id team, const std::vector<sample>& events, epoch_us at) {
  std::vector<batch> submission;
  submission.push_back(batch_of(team, events, 1, at));
  run.expect(commit(run.on(), std::move(submission)).ok(), "a commit failed");
}

void expect_healthy(property_run& run) {
  const auto checked = check(run.on());
  run.expect(checked.ok(), "check failed");
  if (checked)
    for (const auto& finding : checked->findings)
      run.expect(false, "check: " + std::to_string(finding.seq) + ": " + finding.what);
}

void retention_takes_texts_and_keeps_rows(property_run& run) {
  const team_id team = new_team(run.on(), "team");
  commit_at(run, team, samples(1, 600), 100);
  commit_at(run, team, samples(601, 10), 200);
  commit_at(run, team, samples(611, 10), 300);
  std::uint64_t taken = 0;
  for (;;) {
    const auto some = await<texts_taken>([&](auto done) { run.on().take_texts(team, 300, done); });
    run.expect(some.ok(), "retention failed");
    if (!some || some->events == 0)
      break;
    taken += some->events;
  }
  run.expect(taken == 610, "retention took " + std::to_string(taken) + " texts, not 610");
  const auto got = read(run.on(), team, 0);
  run.expect(got && got->gaps == std::vector<gap>{{1, 610, gap_reason::retention}} &&
                 got->events.size() == 10 && got->head.first == 611 && got->head.head == 620,
             "the log after retention is wrong");
  const auto known = find(run.on(), team, 5);
  run.expect(known && known->seq == 5 && !known->has_text, "retention took a row");
  const auto again = commit(run.on(), team, samples(5, 1));
  run.expect(again && again->batches[0][0].what == verdict::duplicate,
             "an event whose text was taken is stored again");
  commit_at(run, team, samples(621, 1), 400);
  expect_healthy(run);
  run.reopen();
  expect_healthy(run);
}

void an_erased_text_is_gone(property_run& run) {
  const team_id team = new_team(run.on(), "team");
  commit_at(run, team, samples(1, 300), 100);
  for (const sequence seq : {7UL, 7UL, 8UL, 300UL})
    run.expect(await<void>([&](auto done) {
                 run.on().erase(team, seq, {"admin", "", 500, "a password"}, done);
               }).ok(),
               "an event cannot be erased");
  const auto missing =
      await<void>([&](auto done) { run.on().erase(team, 301, note_at(500), done); });
  run.expect(!missing && missing.error().code == ec::not_found, "an event that is not there");
  const auto got = read(run.on(), team, 0);
  run.expect(got && got->events.size() == 297 && got->through == 300 &&
                 got->gaps ==
                     std::vector<gap>{{7, 8, gap_reason::erased}, {300, 300, gap_reason::erased}},
             "the log after an erasure is wrong");
  const auto known = find(run.on(), team, 7);
  run.expect(known && !known->has_text && known->text.empty(), "an erased text is still there");
  const auto again = commit(run.on(), team, samples(7, 1));
  run.expect(again && again->batches[0][0] == outcome{verdict::duplicate, 7, 7},
             "an erased event is stored again");
  const auto audit = run.on().directory().read_audit(0, 100, team);
  std::size_t lines = 0;
  if (audit)
    for (const auto& line : *audit)
      lines += line.action == "event.erase" && line.detail == "a password" ? 1 : 0;
  run.expect(lines == 3, "three erasures are not three lines of audit");
  expect_healthy(run);
}

void a_removed_team_takes_no_event(property_run& run) {
  const team_id team = new_team(run.on(), "gone");
  const team_id other = new_team(run.on(), "other");
  commit_at(run, other, samples(1, 50), 100);
  std::atomic<bool> done{false};
  std::atomic<std::uint64_t> stored{0};
  std::thread sender([&] { // a team that is removed in mid-group
    for (std::uint64_t number = 1; !done; number += 20) {
      const auto sent = commit(run.on(), team, samples(number, 20));
      if (sent)
        stored += 20;
      else
        run.expect(sent.error().code == ec::not_found, "a removed team refuses in other words");
    }
  });
  while (stored < 400)
    std::this_thread::yield();
  const auto removed =
      await<void>([&](auto answer) { run.on().remove_team(team, note_at(200), answer); });
  run.expect(removed.ok(), "the team cannot be removed");
  const auto late = commit(run.on(), team, samples(1'000'000, 1));
  run.expect(!late && late.error().code == ec::not_found, "a removed team takes events");
  done = true;
  sender.join();
  const auto log = whole_log(run.on(), other);
  run.expect(log && log->size() == 50, "another team lost events");
  run.expect(!read(run.on(), team, 0), "a removed team can be read");
  const auto again = run.on().directory().add_team("gone", "Again", note_at(300));
  run.expect(!again && again.error().code == ec::bad_input, "a slug was used again");
  run.reopen();
  run.expect(!read(run.on(), team, 0), "a removed team came back");
  expect_healthy(run);
}

void check_of_a_busy_store_finds_nothing(property_run& run) {
  const team_id team = new_team(run.on(), "team");
  std::atomic<bool> done{false};
  std::thread sender([&] {
    for (std::uint64_t number = 1; !done; number += 50)
      (void)commit(run.on(), team, samples(number, 50));
  });
  for (int i = 0; i < 5; ++i)
    expect_healthy(run);
  done = true;
  sender.join();
}

} // namespace

std::vector<engine_property> removal_properties() {
  return {
      {"retention takes texts and keeps rows", retention_takes_texts_and_keeps_rows},
      {"an erased text is gone", an_erased_text_is_gone},
      {"a removed team takes no event", a_removed_team_takes_no_event},
      {"check of a busy store finds nothing", check_of_a_busy_store_finds_nothing},
  };
}

} // namespace spec_kitty::server::store::testing
