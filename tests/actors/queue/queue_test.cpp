// QUEUE and CLOCK: bursts, promises, and the mirror beside the store.
#include "tests/actors/fixture.hpp"

#include "actors/clock/causality.hpp"
#include "actors/queue/spill.hpp"

#include <random>
#include <set>

namespace spec_kitty {
namespace {

using namespace actor_test;
using support::read_text;
using support::write_text;

class Queue : public ActorTest {
protected:
  clock_actor start_clock() { return start(clock, clock_config{home_, queue_, clock_now()}); }
  void write_mirror_text(const std::string& text) {
    fs::create_directories(home_);
    write_text(home_ / "clock.json", text);
  }
  std::uint64_t mirror_value() const {
    const auto mirror = read_mirror(home_);
    return mirror ? mirror->value : 0;
  }

  static append_posted posted(std::vector<std::string>& into, std::size_t count);

  queue_actor queue_ = start_queue();
};

TEST_F(Queue, BurstIsOneTransactionAndEachSenderHasItsOwnReceipt) {
  append(queue_, 1); // the store is there
  auto env = environment::open({home_ / "queue", 1 << 24, 2s}, open_mode::read, {});
  ASSERT_TRUE(env);
  const auto last_transaction = [&] {
    return *(*env)->read([](lmdb_txn& txn, const store_tables&) { return txn.id(); });
  };
  const auto before = last_transaction();
  const auto receipts = append(queue_, 100);
  EXPECT_EQ(last_transaction(), before + 1);

  std::set<std::string> ids;
  ASSERT_EQ(receipts.size(), 100U);
  for (std::size_t i = 0; i < receipts.size(); ++i) {
    EXPECT_EQ(receipts[i].lamport_clock, i + 2);
    EXPECT_EQ(receipts[i].queued, i + 2);
    EXPECT_NE(receipts[i].json.find(receipts[i].event_id), std::string::npos);
    ids.insert(receipts[i].event_id);
  }
  EXPECT_EQ(ids.size(), 100U);
}

TEST_F(Queue, BurstBeyondItsCapTakesSeveralTransactions) {
  const auto receipts = append(queue_, max_burst + 10);
  ASSERT_EQ(receipts.size(), max_burst + 10);
  EXPECT_EQ(receipts.back().lamport_clock, max_burst + 10);
  EXPECT_EQ(stats().live, max_burst + 10);
}

TEST_F(Queue, ABurstOfAStreamIsOneTransactionBehindWhatCameBefore) {
  append(queue_, 1);
  const auto single = ask<append_receipt>(queue_, append_request{draft()});
  const auto burst = std::make_shared<event_burst>();
  burst->drafts.assign(5, draft());
  burst->count = 3; // the others are memory for later ones
  ASSERT_TRUE(ask_now<burst_done>(queue_, append_burst{burst}).ok());
  EXPECT_EQ(single->lamport_clock, 2U);
  ASSERT_EQ(burst->answers.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    ASSERT_TRUE(burst->answers[i]);
    EXPECT_EQ(burst->answers[i]->lamport_clock, i + 3);
    EXPECT_EQ(burst->answers[i]->json, "");
  }
  EXPECT_EQ(stats().live, 5U);
}

TEST_F(Queue, ABurstThatTheStoreCannotTakeIsSpilledAndItsDraftsStay) {
  fs::create_directories(home_);
  write_text(home_ / "queue", "a file where the store's folder should be");
  const auto burst = std::make_shared<event_burst>();
  burst->drafts.assign(2, draft());
  burst->count = 2;
  ASSERT_TRUE(ask_now<burst_done>(queue_, append_burst{burst}).ok());
  for (const auto& answer : burst->answers)
    EXPECT_TRUE(answer && answer->spilled);
  EXPECT_EQ(burst->drafts[1].payload, draft().payload);

  fs::remove(home_ / "queue"); // repaired
  burst->count = 1;
  ASSERT_TRUE(ask_now<burst_done>(queue_, append_burst{burst}).ok());
  ASSERT_TRUE(burst->answers.at(0));
  EXPECT_EQ(burst->answers[0]->lamport_clock, 3U) << "those that were spilled come first";
}

TEST_F(Queue, NobodyIsAnsweredBeforeTheCommit) {
  append(queue_, 1);
  const auto first = ask<append_receipt>(queue_, append_request{draft()});
  const auto second = ask<append_receipt>(queue_, append_request{draft()});
  while (!first.there()) {
    EXPECT_FALSE(second.there());
    ASSERT_TRUE(scheduler_.try_run_once());
    if (first.there()) {
      EXPECT_EQ(stats().live, 3U);
    }
  }
  run();
  EXPECT_TRUE(second.ok());
}

/// Postings as a host's: note their answers, or that they were dropped without one.
struct noted : posted_events {
  noted(std::vector<std::string>& into, std::vector<event_draft> of)
      : outcomes(into), drafts(std::move(of)) {}
  ~noted() override {
    for (std::size_t i = answered; i < drafts.size(); ++i)
      outcomes.emplace_back("dropped");
  }
  std::span<const event_draft> take() override { return drafts; }
  void answer(std::vector<result<append_receipt>> found) override {
    answered += found.size();
    for (const auto& outcome : found)
      outcomes.push_back(outcome ? std::to_string(outcome->lamport_clock)
                                 : std::string(to_string(outcome.error().code)));
  }
  std::vector<std::string>& outcomes;
  const std::vector<event_draft> drafts;
  std::size_t answered = 0;
};

append_posted Queue::posted(std::vector<std::string>& into, std::size_t count) {
  return {std::make_shared<noted>(into, std::vector<event_draft>(count, draft()))};
}

TEST_F(Queue, PostingsAreCommittedTogetherBehindTheRequestsBeforeThem) {
  std::vector<std::string> outcomes;
  caf::anon_send(queue_, append_request{draft()}); // ask() sends later, from an actor
  caf::anon_send(queue_, posted(outcomes, 3));
  const auto last = ask<append_receipt>(queue_, append_request{draft()});
  EXPECT_TRUE(outcomes.empty());
  run();
  EXPECT_EQ(outcomes, (std::vector<std::string>{"2", "3", "4"}));
  EXPECT_EQ(last->lamport_clock, 5U);
}

TEST_F(Queue, MorePostingsThanACommitMayHaveTakeSeveral) {
  std::vector<std::string> outcomes;
  caf::anon_send(queue_, posted(outcomes, max_burst + 10));
  run();
  ASSERT_EQ(outcomes.size(), max_burst + 10);
  EXPECT_EQ(outcomes.back(), std::to_string(max_burst + 10));
}

TEST_F(Queue, PostingsAreDroppedWhereQueueIsDead) {
  append(queue_, 1);
  std::vector<std::string> outcomes;
  kill(queue_);
  caf::anon_send(queue_, posted(outcomes, 2));
  run();
  EXPECT_EQ(outcomes, (std::vector<std::string>{"dropped", "dropped"}));
}

TEST_F(Queue, EventsAtTheCapAreRefusedOneByOne) {
  store_options small = store_settings();
  small.max_events = 3;
  const auto tight = start(queue, queue_config{small, clock_now()});
  std::vector<outcome<append_receipt>> open;
  for (int i = 0; i < 5; ++i)
    open.push_back(ask<append_receipt>(tight, append_request{draft()}));
  run();
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(open[static_cast<std::size_t>(i)].code(), i < 3 ? ec::ok : ec::queue_full);
  EXPECT_EQ(stats().dropped, 2U);
}

TEST_F(Queue, ParkedPromisesAreAnsweredWhenItDies) {
  append(queue_, 1);
  const auto waiting = ask<append_receipt>(queue_, append_request{draft()});
  const auto behind = ask<append_receipt>(queue_, append_request{draft()});
  scheduler_.run(2); // both requests are in the mailbox; QUEUE has not run yet
  caf::anon_send_exit(queue_, caf::exit_reason::kill);
  run();
  EXPECT_EQ(waiting.code(), ec::stopping);
  EXPECT_EQ(behind.code(), ec::stopping);
  EXPECT_EQ(stats().live, 1U);
}

/// Two appends reach QUEUE, which is ended before its own commit message comes.
TEST_F(Queue, BurstThatIsCutOffIsRefusedAndNotStored) {
  append(queue_, 1);
  outcome<append_receipt> waiting;
  system_.spawn(
      [](caf::event_based_actor* self, const queue_actor& to, const outcome<append_receipt>& into) {
        install_handlers(self);
        self->request(to, caf::infinite, append_request{draft()})
            .then([](append_receipt&) {},
                  [into](const caf::error& e) { into.box_->emplace(to_failure(e)); });
        self->send_exit(to, caf::exit_reason::user_shutdown); // lands before commit_burst
      },
      queue_, waiting);
  run();
  EXPECT_EQ(waiting.code(), ec::stopping);
  EXPECT_EQ(stats().live, 1U);
}

TEST_F(Queue, AsksOfADeadQueueAreAnswered) {
  kill(queue_);
  EXPECT_EQ(ask_now<append_receipt>(queue_, append_request{draft()}).code(), ec::stopping);
  EXPECT_EQ(ask_now<clock_value>(queue_, clock_question{}).code(), ec::stopping);
}

TEST_F(Queue, StoreThatCannotBeOpenedSpillsEachAppendAndTakesItInLater) {
  fs::create_directories(home_);
  write_text(home_ / "queue", "a file where the store's folder should be");
  std::vector<outcome<append_receipt>> open;
  for (int i = 0; i < 3; ++i)
    open.push_back(ask<append_receipt>(queue_, append_request{draft()}));
  run();
  for (const auto& pending : open) {
    ASSERT_TRUE(pending.ok()) << pending.message();
    ASSERT_TRUE(pending->spilled);
    EXPECT_EQ(pending->spilled->code, ec::store_unusable);
    EXPECT_EQ(pending->event_id, "");
  }
  EXPECT_EQ(ask_now<due_count>(queue_, due_request{}).code(), ec::store_unusable);
  EXPECT_EQ(ask_now<adoption>(queue_, adopt_request{}).code(), ec::store_unusable);

  fs::remove(home_ / "queue"); // repaired: the same QUEUE continues
  const auto later = ask_now<append_receipt>(queue_, append_request{draft()});
  ASSERT_TRUE(later.ok());
  EXPECT_FALSE(later->spilled);
  EXPECT_EQ(later->lamport_clock, 4U) << "those that were spilled come first";
  EXPECT_TRUE(spill_files(home_).empty());
}

TEST_F(Queue, WhatCannotEvenBeSpilledIsRefusedWithBothReasons) {
  fs::create_directories(home_);
  write_text(home_ / "queue", "a file where the store's folder should be");
  write_text(home_ / "spill", "and one where the spill's should be");
  const auto refused = ask_now<append_receipt>(queue_, append_request{draft()});
  EXPECT_EQ(refused.code(), ec::store_unusable);
  EXPECT_NE(refused.message().find("1 event NOT recorded"), std::string::npos);
  EXPECT_NE(refused.message().find("queue"), std::string::npos);
  EXPECT_NE(refused.message().find("spill"), std::string::npos);
}

TEST_F(Queue, LeaseAndSettleAreAnswered) {
  const auto receipts = append(queue_, 2);
  lease_request request;
  request.team_slug = "team-a";
  request.ttl = 60s;
  const auto lease = ask_now<lease_grant>(queue_, request);
  ASSERT_TRUE(lease.ok());
  ASSERT_EQ(lease->events.size(), 2U);
  EXPECT_GT(ask_now<lease_grant>(queue_, request)->busy_until, now_);
  const auto done = ask_now<settle_outcome>(
      queue_, settle_request{
                  lease->token,
                  {{lease->events[0].seq, lease->events[0].event_id, event_outcome::delivered, {}},
                   {lease->events[1].seq, lease->events[1].event_id, event_outcome::kept, {}}},
                  5});
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(done->events, (std::vector{settlement_effect::removed, settlement_effect::unchanged}));
  EXPECT_EQ(stats().live, 1U);
}

TEST_F(Queue, ErrorNoteIsKeptForTheStatus) {
  append(queue_, 1);
  caf::anon_send(queue_, error_note{R"({"code":"transport"})"});
  run();
  EXPECT_EQ(stats().last_error, R"({"code":"transport"})");
}

TEST_F(Queue, ClockWritesTheMirrorAfterCommits) {
  const auto clock = start_clock();
  append(queue_, 3);
  const auto mirror = read_mirror(home_);
  ASSERT_TRUE(mirror);
  EXPECT_EQ(mirror->value, 3U);
  EXPECT_EQ(mirror->node_id, stats().node_id);
  EXPECT_EQ(mirror->updated_at, now_);
}

TEST_F(Queue, MirrorIsCurrentWhenTheBarrierIsAnsweredInAnyOrderOfEvents) {
  // A CLOCK that QUEUE has not heard of yet, a commit under way, a barrier: 200 interleavings.
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    const auto clock = start_clock();
    const auto receipt = ask<append_receipt>(queue_, append_request{draft()});
    std::optional<outcome<mirror_done>> done;
    while (!done || !done->there()) {
      auto& jobs = scheduler_.jobs;
      if (jobs.size() > 1)
        std::swap(jobs.front(), jobs[random() % jobs.size()]);
      if (receipt.there() && !done)
        done = ask<mirror_done>(clock, mirror_barrier{});
      else
        ASSERT_TRUE(scheduler_.try_run_once());
    }
    ASSERT_TRUE(receipt.ok() && done->ok());
    ASSERT_EQ(mirror_value(), receipt->lamport_clock) << "seed " << seed;
    kill(clock);
  }
}

TEST_F(Queue, BarrierOfAnIdleClockMakesNoStore) {
  const auto clock = start_clock();
  EXPECT_TRUE(ask_now<mirror_done>(clock, mirror_barrier{}).ok());
  EXPECT_FALSE(fs::exists(home_));
}

TEST_F(Queue, BarrierIsAnsweredThoughQueueIsDead) {
  const auto clock = start_clock();
  kill(queue_);
  EXPECT_TRUE(ask_now<mirror_done>(clock, mirror_barrier{}).there());
}

TEST_F(Queue, ClockAnswersWithTheStoresValue) {
  const auto clock = start_clock();
  append(queue_, 3);
  EXPECT_EQ(ask_now<clock_value>(clock, clock_question{})->value, 3U);
}

TEST_F(Queue, ReceivedValueMergesAndReachesTheMirror) {
  const auto clock = start_clock();
  append(queue_, 3);
  EXPECT_EQ(ask_now<clock_value>(clock, clock_received{50})->value, 51U);
  EXPECT_EQ(mirror_value(), 51U);
  EXPECT_EQ(ask_now<clock_value>(clock, clock_received{7})->value, 52U); // max(local, remote) + 1
  EXPECT_EQ(append(queue_, 1)[0].lamport_clock, 53U);
}

TEST_F(Queue, AbsurdReceivedValueIsRefusedAndChangesNothing) {
  const auto clock = start_clock();
  append(queue_, 3);
  for (const std::uint64_t absurd :
       {max_received + 1, max_lamport, max_lamport + 1, ~std::uint64_t{0}})
    EXPECT_EQ(ask_now<clock_value>(clock, clock_received{absurd}).code(), ec::bad_input) << absurd;
  EXPECT_EQ(append(queue_, 1)[0].lamport_clock, 4U);
}

TEST_F(Queue, MirrorThatIsAheadIsMergedOnStart) {
  append(queue_, 1);
  write_mirror_text(render_mirror({500, stats().node_id, now_}));
  kill(queue_);
  queue_ = start_queue();
  EXPECT_GT(append(queue_, 1)[0].lamport_clock, 500U);
}

TEST_F(Queue, MirrorOfAnotherNodeIsNotMerged) {
  append(queue_, 1);
  write_mirror_text(render_mirror({500, "0123456789ab", now_}));
  kill(queue_);
  queue_ = start_queue();
  EXPECT_EQ(append(queue_, 1)[0].lamport_clock, 2U);
}

TEST_F(Queue, CorruptMirrorIsRebuilt) {
  append(queue_, 3);
  for (const char* text : {"", "{", "[]", R"({"value":-1,"node_id":"x"})", "\xff\xfe", "null"}) {
    write_mirror_text(text);
    kill(queue_);
    queue_ = start_queue();
    const auto clock = start_clock();
    EXPECT_EQ(ask_now<clock_value>(clock, clock_question{})->value, 3U) << text;
    EXPECT_EQ(mirror_value(), 3U) << text;
    kill(clock);
  }
}

TEST_F(Queue, UnwritableMirrorLosesNoEvent) {
  const auto clock = start_clock();
  fs::create_directories(home_ / "clock.json" / "in the way");
  EXPECT_EQ(append(queue_, 2).size(), 2U);
  EXPECT_TRUE(ask_now<mirror_done>(clock, mirror_barrier{}).ok());
}

} // namespace
} // namespace spec_kitty
