// Stamps: one belongs to one event of an account and node, and none reaches too far.
#include "tests/app/server/store/engine_contract.hpp"

namespace spec_kitty::server::store::testing {

namespace {

sample event_of(std::uint64_t number, std::uint64_t lamport) {
  return {number, text_of(number), lamport};
}

std::string_view name_of(verdict what) {
  constexpr std::array<std::string_view, 5> names = {"stored", "duplicate", "differs", "behind",
                                                     "ahead"};
  return names.at(static_cast<std::size_t>(what));
}

/// The verdicts on one batch, joined by blanks.
std::string verdicts(const result<committed>& done) {
  if (!done)
    return done.error().message;
  std::string out;
  for (const auto& found : done->batches.front())
    out.append(out.empty() ? "" : " ").append(name_of(found.what));
  return out;
}

void expect_words(property_run& run, const result<committed>& done, const std::string& wanted,
                  const std::string& otherwise) {
  run.expect(verdicts(done) == wanted, otherwise + ": " + verdicts(done));
}

void a_taken_stamp_is_behind(property_run& run) {
  const team_id team = new_team(run.on(), "team");
  const team_id other = new_team(run.on(), "other");
  (void)commit(run.on(), team, {event_of(1, 10), event_of(2, 11)});
  run.reopen();
  const auto done = commit(run.on(), team, {event_of(3, 11)});
  expect_words(run, done, "behind", "a taken stamp was not noticed");
  if (done)
    run.expect(done->batches.front().front().taken_ms == id_of(2).milliseconds(),
               "the time of the event that has the stamp is wrong");
  expect_words(run, commit(run.on(), team, {event_of(3, 12)}), "stored",
               "the event is not taken with a new stamp");
  expect_words(run, commit(run.on(), other, {event_of(4, 11)}), "stored",
               "a stamp of another team counts");
  auto of_another = batch_of(team, {event_of(5, 11)}, 2);
  std::vector<batch> submission;
  submission.push_back(std::move(of_another));
  expect_words(run, commit(run.on(), std::move(submission)), "stored",
               "a stamp of another account counts");
}

void a_late_event_with_a_free_stamp_is_stored(property_run& run) {
  const team_id team = new_team(run.on(), "team");
  (void)commit(run.on(), team, {event_of(1, 10), event_of(2, 500)});
  expect_words(run, commit(run.on(), team, {event_of(3, 9), event_of(4, 200)}), "stored stored",
               "an event that is merely late was refused");
}

void what_follows_of_the_node_is_behind_too(property_run& run) {
  const team_id team = new_team(run.on(), "team");
  (void)commit(run.on(), team, {event_of(1, 10), event_of(2, 30)});
  expect_words(
      run,
      commit(run.on(), team, {event_of(3, 9), event_of(4, 10), event_of(5, 12), event_of(2, 30)}),
      "stored behind behind duplicate", "an event passed the one before it");
  expect_words(run, commit(run.on(), team, {event_of(4, 31), event_of(5, 32)}), "stored stored",
               "they are not taken with new stamps");
}

void an_event_sent_again_is_a_duplicate_whatever_its_stamp(property_run& run) {
  const team_id team = new_team(run.on(), "team");
  (void)commit(run.on(), team, {event_of(1, 10), event_of(2, 11)});
  expect_words(run, commit(run.on(), team, {event_of(1, 10), event_of(2, 10), event_of(1, 50)}),
               "duplicate duplicate duplicate", "an event was not known again");
  expect_words(run, commit(run.on(), team, {event_of(3, 50)}), "stored",
               "the stamp of a duplicate counts as taken");
  expect_words(run, commit(run.on(), team, {event_of(4, 60), event_of(5, 60)}), "stored behind",
               "two events of a batch have one stamp");
}

void no_stamp_reaches_too_far(property_run& run) {
  const team_id team = new_team(run.on(), "team");
  constexpr std::uint64_t step = max_stamp_step;
  expect_words(run, commit(run.on(), team, {event_of(1, step + 1), event_of(2, step)}),
               "ahead stored", "the first stamp of a team");
  expect_words(run, commit(run.on(), team, {event_of(3, 2 * step + 1), event_of(4, 2 * step)}),
               "ahead stored", "a later stamp of a team");
  expect_words(run, commit(run.on(), team, {event_of(1, 2 * step + 1)}), "stored",
               "the bound does not follow the team's clock");
  const auto found = heads(run.on(), {team});
  run.expect(found && found->front().max_lamport == 2 * step + 1,
             "a refused stamp moved the team's clock");
}

void a_batch_that_fails_takes_no_stamp(property_run& run) {
  const team_id team = new_team(run.on(), "team");
  std::vector<batch> submission;
  submission.push_back(batch_of(team, {event_of(1, 10)}));
  submission.push_back(batch_of(team + 99, {event_of(2, 10)}));
  run.expect(!commit(run.on(), std::move(submission)), "a team that does not exist took a batch");
  expect_words(run, commit(run.on(), team, {event_of(3, 10)}), "stored",
               "a batch that failed took a stamp");
}

} // namespace

std::vector<engine_property> stamp_properties() {
  return {
      {"a taken stamp is behind", a_taken_stamp_is_behind},
      {"a late event with a free stamp is stored", a_late_event_with_a_free_stamp_is_stored},
      {"what follows of the node is behind too", what_follows_of_the_node_is_behind_too},
      {"an event sent again is a duplicate whatever its stamp",
       an_event_sent_again_is_a_duplicate_whatever_its_stamp},
      {"no stamp reaches too far", no_stamp_reaches_too_far},
      {"a batch that fails takes no stamp", a_batch_that_fails_takes_no_stamp},
  };
}

} // namespace spec_kitty::server::store::testing
