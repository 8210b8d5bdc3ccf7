// When and how often an engine answers: deadlines, stop, overload, hints.
#include "tests/app/server/store/engine_contract.hpp"

#include <atomic>
#include <condition_variable>
#include <map>
#include <thread>

namespace spec_kitty::server::store::testing {

namespace {

using std::chrono::milliseconds;

/// Holds up the thread that calls the hint listener, until it is opened.
class gate {
public:
  void wait() {
    std::unique_lock hold(guard_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait_for(hold, answer_patience, [this] { return open_; });
  }
  bool until_held() {
    std::unique_lock hold(guard_);
    return changed_.wait_for(hold, answer_patience, [this] { return waiting_ > 0; });
  }
  void open() {
    const std::lock_guard hold(guard_);
    open_ = true;
    changed_.notify_all();
  }

private:
  std::mutex guard_;
  std::condition_variable changed_;
  bool open_ = false;
  int waiting_ = 0;
};

/// Counts answers; waits until there are enough.
class answer_count {
public:
  callback<committed> next() {
    return [this](const result<committed>& answer) {
      const std::lock_guard hold(guard_);
      ++all_;
      good_ += answer ? 1 : 0;
      changed_.notify_all();
    };
  }
  bool until(std::size_t wanted) {
    std::unique_lock hold(guard_);
    return changed_.wait_for(hold, answer_patience, [&] { return all_ >= wanted; });
  }
  std::size_t all() {
    const std::lock_guard hold(guard_);
    return all_;
  }
  std::size_t good() {
    const std::lock_guard hold(guard_);
    return good_;
  }

private:
  std::mutex guard_;
  std::condition_variable changed_;
  std::size_t all_ = 0;
  std::size_t good_ = 0;
};

/// The engine's writer, held up by its listener: nothing is committed until the gate opens.
void hold_up(property_run& run, const std::shared_ptr<gate>& held, team_id team) {
  run.on().watch([held](const auto&) { held->wait(); });
  std::vector<batch> first;
  first.push_back(batch_of(team, samples(900'000, 1)));
  run.on().commit(std::move(first), soon(), [](const auto&) {});
  run.expect(held->until_held(), "no hint came after a commit");
}

void every_submission_is_answered_exactly_once(property_run& run) {
  const team_id team = new_team(run.on(), "team");
  answer_count answers;
  for (std::uint64_t number = 1; number <= 200; ++number) {
    std::vector<batch> submission;
    submission.push_back(batch_of(number % 10 == 0 ? team + 99 : team, samples(number, 1)));
    run.on().commit(std::move(submission), soon(), answers.next());
  }
  run.expect(answers.until(200), "a submission was never answered");
  run.on().stop(soon());
  run.expect(answers.all() == 200, "a submission was answered twice");
  run.expect(answers.good() == 180, "the answers are not 180 of 200 good ones");
}

void stop_answers_what_waits(property_run& run) {
  const team_id team = new_team(run.on(), "team");
  const auto held = std::make_shared<gate>();
  hold_up(run, held, team);
  answer_count answers;
  for (std::uint64_t number = 1; number <= 20; ++number) {
    std::vector<batch> submission;
    submission.push_back(batch_of(team, samples(number, 1)));
    run.on().commit(std::move(submission), soon(), answers.next());
  }
  std::thread opener([&] {
    (void)answers.until(20);
    held->open();
  });
  run.on().stop(std::chrono::steady_clock::now() + milliseconds(50));
  opener.join();
  run.expect(answers.all() == 20, "stop() did not answer what waited, or answered it twice");
  const auto late = commit(run.on(), team, samples(50, 1));
  run.expect(!late && late.error().code == ec::stopping, "a commit after stop() was not refused");
  run.reopen();
  const auto log = whole_log(run.on(), team);
  run.expect(log && log->size() == 1 + answers.good(), "stored without an answer after stop()");
}

void stop_commits_what_it_has_time_for(property_run& run) {
  const team_id team = new_team(run.on(), "team");
  answer_count answers;
  for (std::uint64_t number = 1; number <= 50; ++number) {
    std::vector<batch> submission;
    submission.push_back(batch_of(team, samples(10 * number, 10)));
    run.on().commit(std::move(submission), soon(), answers.next());
  }
  run.on().stop(soon());
  run.expect(answers.good() == 50, "stop() gave up submissions that it had time for");
  run.reopen();
  const auto log = whole_log(run.on(), team);
  run.expect(log && log->size() == 500, "an answered event is missing after stop()");
}

void a_deadline_is_kept_while_the_writer_hangs(property_run& run) {
  const team_id team = new_team(run.on(), "team");
  const auto held = std::make_shared<gate>();
  hold_up(run, held, team);
  const auto began = std::chrono::steady_clock::now();
  std::vector<batch> submission;
  submission.push_back(batch_of(team, samples(1, 1)));
  const auto done = commit(run.on(), std::move(submission), began + milliseconds(150));
  const auto took = std::chrono::steady_clock::now() - began;
  held->open();
  run.expect(!done && done.error().code == ec::timeout, "a deadline gave another answer");
  run.expect(took >= milliseconds(150), "the answer came before the deadline");
  run.expect(took < milliseconds(1000), "the answer came long after the deadline");
  run.on().watch(nullptr);
  // It waited and was given up, or it is stored: what is sent again settles it.
  const auto again = commit(run.on(), team, samples(1, 1));
  run.expect(again.ok(), "sending it again failed");
  const auto log = whole_log(run.on(), team);
  run.expect(log && log->size() == 2, "an event is in the log twice or not at all");
}

void an_overload_is_refused_early(property_run& run) {
  const team_id team = new_team(run.on(), "team");
  const auto held = std::make_shared<gate>();
  hold_up(run, held, team);
  const std::string text(std::size_t{64} << 10, 'x');
  std::atomic<std::size_t> busy{0};
  answer_count answers;
  constexpr std::size_t submissions = 3000; // 192 MB
  for (std::uint64_t number = 1; number <= submissions; ++number) {
    std::vector<batch> submission;
    submission.push_back(batch_of(team, {{number, text}}));
    run.on().commit(std::move(submission), soon(),
                    [&busy, next = answers.next()](const result<committed>& answer) {
                      busy += !answer && answer.error().code == ec::store_busy ? 1 : 0;
                      next(answer);
                    });
  }
  run.expect(run.on().stats().waiting_bytes <= std::size_t{64} << 20, "the queue has no bound");
  run.expect(busy > submissions / 2, "an overload was not answered with busy");
  held->open();
  run.expect(answers.until(submissions), "a submission was never answered");
  run.expect(answers.good() + busy == submissions, "a submission failed for another reason");
}

void a_hint_is_never_ahead_of_what_can_be_read(property_run& run) {
  const team_id team = new_team(run.on(), "team");
  std::mutex guard;
  std::map<team_id, sequence> hinted;
  std::atomic<bool> ahead{false};
  run.on().watch([&](const std::vector<team_head>& news) {
    const std::lock_guard hold(guard);
    for (const auto& head : news)
      hinted[head.team] = std::max(hinted[head.team], head.head);
  });
  for (std::uint64_t number = 1; number <= 100; ++number) {
    (void)commit(run.on(), team, samples(number, 1));
    sequence hinted_head = 0;
    {
      const std::lock_guard hold(guard);
      hinted_head = hinted[team];
    }
    const auto got = heads(run.on(), {team});
    ahead = ahead || !got || got->empty() || got->front().head < hinted_head;
  }
  run.on().stop(soon());
  run.expect(!ahead, "a hint named an event that could not be read yet");
  const std::lock_guard hold(guard);
  run.expect(hinted[team] == 100, "the last hint is not that of the last event");
}

void teams_share_the_writer(property_run& run) {
  const team_id loud = new_team(run.on(), "loud");
  const team_id quiet = new_team(run.on(), "quiet");
  const auto held = std::make_shared<gate>();
  hold_up(run, held, quiet);
  answer_count loud_answers;
  for (std::uint64_t number = 0; number < 50; ++number) {
    std::vector<batch> submission;
    submission.push_back(batch_of(loud, samples(1 + 1000 * number, 1000)));
    run.on().commit(std::move(submission), soon(), loud_answers.next());
  }
  std::atomic<std::size_t> loud_before{0};
  answer_count quiet_answer;
  std::vector<batch> submission;
  submission.push_back(batch_of(quiet, samples(1, 1)));
  run.on().commit(std::move(submission), soon(),
                  [&, next = quiet_answer.next()](const result<committed>& answer) {
                    loud_before = loud_answers.good();
                    next(answer);
                  });
  run.on().watch(nullptr);
  held->open();
  run.expect(quiet_answer.until(1) && loud_answers.until(50), "a submission was never answered");
  run.expect(loud_before <= 10,
             "one event waited for " + std::to_string(loud_before) + " batches of another team");
}

} // namespace

std::vector<engine_property> answer_properties() {
  return {
      {"every submission is answered exactly once", every_submission_is_answered_exactly_once},
      {"stop answers what waits", stop_answers_what_waits},
      {"stop commits what it has time for", stop_commits_what_it_has_time_for},
      {"a deadline is kept while the writer hangs", a_deadline_is_kept_while_the_writer_hangs},
      {"an overload is refused early", an_overload_is_refused_early},
      {"a hint is never ahead of what can be read", a_hint_is_never_ahead_of_what_can_be_read},
      {"teams share the writer", teams_share_the_writer},
  };
}

} // namespace spec_kitty::server::store::testing
