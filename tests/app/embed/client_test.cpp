// The client without a server: receipts, refusals, callbacks.
#include "tests/app/embed/embed_fixture.hpp"

#include "actors/queue/environment.hpp"
#include "messages/event.hpp"
#include "messages/validate.hpp"

#include <future>
#include <set>
#include <thread>

namespace spec_kitty::embed_test {
namespace {

class Client : public embedding {};

TEST_F(Client, AReceiptHasIdClockAndTheStoredEvent) {
  auto events = open();
  const auto first = events.emit(note("one")).get();
  const auto second = events.emit(note("two")).get();
  ASSERT_TRUE(first && second);
  EXPECT_TRUE(is_ulid(first->event_id));
  EXPECT_LT(first->event_id, second->event_id);
  EXPECT_EQ(first->lamport_clock, 1U);
  EXPECT_EQ(second->lamport_clock, 2U);
  EXPECT_FALSE(first->spilled);
  const auto stored = support::parsed(first->json);
  EXPECT_EQ(validate_event(stored), std::nullopt);
  EXPECT_EQ(text_of(stored, "aggregate_id"), "WP01");
}

TEST_F(Client, WhatAReceiptPromisedIsInTheHomeForTheCommandLine) {
  auto events = open();
  const auto promised = events.emit(note()).get();
  ASSERT_TRUE(promised);
  EXPECT_NE(cli({"events", "list"}).out.find(promised->event_id), std::string::npos);
}

TEST_F(Client, EachOfTheEightPayloadsBecomesAnEvent) {
  auto events = open();
  const std::vector<event> all = {
      wp_status_changed{"WP01", "planned", "doing", "claude", "001-tea"},
      wp_created{"WP01", "Boil", "001-tea", {"WP02"}},
      wp_assigned{"WP01", "claude", "implementation", 0},
      feature_created{"001-tea", "001", "main", 3},
      feature_completed{"001-tea", 3},
      history_added{"WP01", "note", "hot"},
      error_logged{"network", "no route"},
      dependency_resolved{"WP01", "WP02", "merged"},
  };
  std::set<std::string> types;
  for (const auto& what : all) {
    const auto promised = events.emit(what).get();
    ASSERT_TRUE(promised) << what.type << ": " << promised.error().message;
    types.insert(what.type);
  }
  EXPECT_EQ(types.size(), event_types.size());
}

TEST_F(Client, WhatLedToAnEventAndWhatItIsAboutAreKept) {
  auto events = open();
  const auto first = events.emit(note()).get();
  ASSERT_TRUE(first);
  const auto second =
      events.emit(event(error_logged{"runtime", "x"}).about("002-jam").caused_by(first->event_id))
          .get();
  ASSERT_TRUE(second);
  const auto stored = support::parsed(second->json);
  EXPECT_EQ(text_of(stored, "causation_id"), first->event_id);
  EXPECT_EQ(text_of(stored, "aggregate_id"), "002-jam");
  EXPECT_EQ(text_of(stored, "aggregate_type"), "Feature");
}

TEST_F(Client, ReceiptsHoldTheEventUnlessTheHostDoesNotReadIt) {
  {
    auto events = open();
    const auto with = events.emit(note()).get();
    ASSERT_TRUE(with);
    EXPECT_EQ(text_of(support::parsed(with->json), "event_id"), with->event_id);
  }
  auto wanted = host();
  wanted.receipt_json = false;
  auto events = open(wanted);
  const auto without = events.emit(note()).get();
  ASSERT_TRUE(without);
  EXPECT_EQ(without->json, "");
  EXPECT_NE(without->event_id, "");
  EXPECT_EQ(without->lamport_clock, 2U);
}

TEST_F(Client, EventsThatNobodyWaitsForAreRecordedBesideThoseThatAreAwaited) {
  auto events = open();
  std::vector<pending_receipt> awaited;
  for (int i = 0; i < 200; ++i) {
    EXPECT_TRUE(events.emit_best_effort(note()));
    awaited.push_back(events.emit(note()));
  }
  for (const auto& receipt : awaited) {
    const auto got = receipt.get();
    ASSERT_TRUE(got);
    EXPECT_EQ(text_of(support::parsed(got->json), "event_id"), got->event_id)
        << "the answers of two events were swapped";
  }
  ASSERT_TRUE(events.flush(30s));
  EXPECT_EQ(events.status()->emitted, 400U);
}

TEST_F(Client, AnInvalidEventIsRefusedByItsFieldAndCounted) {
  auto events = open();
  const auto refused = events.emit(event("HistoryAdded", R"({"wp_id":"WP1"})")).get();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ec::invalid_event);
  EXPECT_NE(refused.error().message.find("payload."), std::string::npos);
  EXPECT_FALSE(events.emit_best_effort(event("Nonsense", "{}")));
  const auto now = events.status();
  ASSERT_TRUE(now);
  EXPECT_EQ(now->refused, 2U);
  EXPECT_EQ(now->emitted, 0U);
  EXPECT_EQ(now->last_problem.code, ec::invalid_event);
}

TEST_F(Client, EventsOfManyThreadsAreEachRecordedOnceWithRisingClocks) {
  auto events = open();
  constexpr int threads = 8;
  constexpr int each = 250;
  std::vector<std::thread> emitters;
  std::atomic<int> failed{0};
  for (int t = 0; t < threads; ++t)
    emitters.emplace_back([&, t] {
      std::uint64_t before = 0;
      for (int i = 0; i < each; ++i) {
        const auto promised = events.emit(note(std::to_string(t * each + i))).get();
        if (!promised || promised->lamport_clock <= before)
          ++failed;
        else
          before = promised->lamport_clock;
      }
    });
  for (auto& thread : emitters)
    thread.join();
  EXPECT_EQ(failed, 0);
  const auto now = events.status();
  ASSERT_TRUE(now);
  EXPECT_EQ(now->emitted, static_cast<std::uint64_t>(threads * each));
  EXPECT_EQ(now->lamport_clock, static_cast<std::uint64_t>(threads * each));
  EXPECT_EQ(now->in_flight, 0U);
}

TEST_F(Client, WhatIsEmittedDuringACommitSharesTheNextOne) {
  options wanted = host();
  wanted.settings["sync.busy_timeout_ms"] = "600000"; // held until the test lets go
  auto events = open(wanted);
  ASSERT_TRUE(events.emit(note()).get()); // the store is there
  const auto commits = [&] {
    const auto env = environment::open({home() / "queue"}, open_mode::read, {});
    return *(*env)->read([](lmdb_txn& txn, const store_tables&) { return txn.id(); });
  };
  const auto before = commits();
  std::vector<pending_receipt> waiting;
  {
    const held_store hold(home());
    for (int i = 0; i < 500; ++i)
      waiting.push_back(events.emit(note()));
  }
  for (const auto& pending : waiting)
    EXPECT_TRUE(pending.get());
  EXPECT_LE(commits(), before + 2);
}

TEST_F(Client, ACallbackIsCalledOnceForEachEvent) {
  auto events = open();
  std::atomic<int> good{0};
  std::atomic<int> bad{0};
  for (int i = 0; i < 100; ++i)
    events.emit(i % 10 == 0 ? event("Nonsense", "{}") : note(),
                [&](const result<receipt>& got) { ++(got ? good : bad); });
  EXPECT_TRUE(events.stop(10s));
  EXPECT_EQ(good, 90);
  EXPECT_EQ(bad, 10);
}

TEST_F(Client, ACallbackThatThrowsIsCountedAndTheNextOneIsCalled) {
  auto events = open();
  std::promise<void> called;
  events.emit(note(), [](const result<receipt>&) { throw std::runtime_error("oh dear"); });
  events.emit(note(), [&](const result<receipt>&) { called.set_value(); });
  ASSERT_EQ(called.get_future().wait_for(30s), std::future_status::ready);
  EXPECT_EQ(events.status()->callbacks_failed, 1U);
  EXPECT_TRUE(log.has("oh dear"));
}

TEST_F(Client, ACallbackMayStopAndDestroyItsClient) {
  auto events = std::make_unique<client>(open());
  std::promise<void> began;
  std::promise<void> done;
  events->emit(note(), [&](const result<receipt>&) {
    began.get_future().wait();
    events.reset();
    done.set_value();
  });
  began.set_value(); // emit has returned
  EXPECT_EQ(done.get_future().wait_for(30s), std::future_status::ready);
}

TEST_F(Client, EveryThreadMayUseItAndAnotherOneMayEndIt) {
  auto events = std::make_unique<client>(open());
  std::promise<void> used;
  std::promise<void> over;
  std::thread user([&] { // it lives on, having used the client
    (void)events->emit(note()).get();
    (void)events->flush(1s);
    used.set_value();
    over.get_future().wait();
  });
  used.get_future().wait();
  auto ended = std::async(std::launch::async, [&] { events.reset(); });
  EXPECT_EQ(ended.wait_for(30s), std::future_status::ready);
  over.set_value();
  user.join();
}

TEST_F(Client, CallbacksRunOnTheHostsExecutor) {
  std::mutex guard;
  std::vector<std::function<void()>> given;
  options wanted = host();
  wanted.executor = [&](std::function<void()> work) {
    const std::lock_guard hold(guard);
    given.push_back(std::move(work));
  };
  auto events = open(std::move(wanted));
  bool called = false;
  events.emit(note(), [&](const result<receipt>& got) { called = got.ok(); });
  ASSERT_TRUE(support::eventually([&] {
    const std::lock_guard hold(guard);
    return given.size() == 1;
  }));
  EXPECT_FALSE(called);
  given.front()();
  EXPECT_TRUE(called);
}

TEST_F(Client, AnExecutorThatRunsAtOnceMayAskForTheStatusAndEmit) {
  options wanted = host();
  wanted.executor = [](const std::function<void()>& work) { work(); };
  auto events = open(std::move(wanted));
  std::promise<bool> asked;
  const auto listening = events.subscribe([&](const update&) { (void)events.status(); });
  events.emit(note(), [&](const result<receipt>&) {
    const bool good = events.status().ok() && !events.emit_best_effort(event("Nonsense", "{}"));
    asked.set_value(good && events.emit_best_effort(note()));
  });
  auto answer = asked.get_future();
  ASSERT_EQ(answer.wait_for(30s), std::future_status::ready);
  EXPECT_TRUE(answer.get());
}

TEST_F(Client, AnExecutorThatThrowsIsCounted) {
  options wanted = host();
  wanted.executor = [](std::function<void()>) { throw 7; };
  auto events = open(std::move(wanted));
  events.emit(note(), [](const result<receipt>&) {});
  EXPECT_TRUE(support::eventually([&] { return events.status()->callbacks_failed == 1; }));
}

TEST_F(Client, EventsCarryTheHostsTime) {
  options wanted = host();
  wanted.clock = [] { return std::chrono::system_clock::time_point(1000000s); };
  auto events = open(std::move(wanted));
  const auto promised = events.emit(note()).get();
  ASSERT_TRUE(promised);
  EXPECT_EQ(text_of(support::parsed(promised->json), "timestamp"), "1970-01-12T13:46:40.000000Z");
}

TEST_F(Client, ALogSinkThatThrowsDoesNoHarm) {
  options wanted = host();
  wanted.log = [](log_level, std::string_view) { throw std::runtime_error("no log"); };
  wanted.executor = [](std::function<void()>) { throw 7; };
  auto events = open(std::move(wanted));
  events.emit(note(), [](const result<receipt>&) {});
  EXPECT_TRUE(support::eventually([&] { return events.status()->callbacks_failed >= 1; }));
  EXPECT_TRUE(events.emit(note()).get());
}

TEST_F(Client, AfterStopEveryCallFailsAndNothingIsRecorded) {
  auto events = open();
  ASSERT_TRUE(events.emit(note()).get());
  ASSERT_TRUE(events.stop(10s));
  EXPECT_TRUE(events.stop(10s));
  const auto late = events.emit(note()).get();
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ec::stopping);
  EXPECT_FALSE(events.emit_best_effort(note()));
  EXPECT_EQ(events.flush(1s).error().code, ec::stopping);
  EXPECT_EQ(events.status()->dropped, 2U);
  EXPECT_EQ(events.status()->queued + events.status()->held, 1U);
  EXPECT_TRUE(log.has("not recorded"));
}

TEST_F(Client, AfterStopACallbackIsStillCalledOnce) {
  auto events = open();
  ASSERT_TRUE(events.stop(10s));
  std::vector<ec> heard;
  events.emit(note(), [&](const result<receipt>& got) { heard.push_back(got.error().code); });
  events.emit(event("Nonsense", "{}"), [&](const result<receipt>&) { throw 1; });
  EXPECT_EQ(heard, std::vector{ec::stopping});
  EXPECT_EQ(events.status()->in_flight, 0U);
}

TEST_F(Client, TwoThreadsMayStopItAndACallbackToo) {
  auto events = open();
  std::promise<void> stopped;
  events.emit(note(), [&](const result<receipt>&) {
    EXPECT_TRUE(events.stop(20s));
    stopped.set_value();
  });
  auto other = std::async(std::launch::async, [&] { return events.stop(20s).ok(); });
  EXPECT_TRUE(events.stop(20s));
  EXPECT_TRUE(other.get());
  EXPECT_EQ(stopped.get_future().wait_for(0s), std::future_status::ready);
  EXPECT_TRUE(support::eventually([] { return count_of("task") == 1; }));
}

TEST_F(Client, EndlessWaitsAreBounded) {
  auto events = open();
  const auto for_ever = std::chrono::milliseconds::max();
  EXPECT_TRUE(events.emit(note()).get(for_ever));
  EXPECT_TRUE(events.flush(for_ever)->durable);
  EXPECT_TRUE(events.flush(-for_ever));
  EXPECT_TRUE(events.stop(for_ever));
}

TEST_F(Client, AMovedFromClientAnswersStopping) {
  auto events = open();
  const client other(std::move(events));
  EXPECT_EQ(events.emit(note()).get(0ms).error().code, ec::stopping); // NOLINT: on purpose
  EXPECT_FALSE(events.emit_best_effort(note()));
  EXPECT_FALSE(events.status());
}

TEST_F(Client, ClockJsonShowsEverythingAfterStop) {
  auto events = open();
  for (int i = 0; i < 10; ++i)
    events.emit_best_effort(note());
  ASSERT_TRUE(events.stop(10s));
  EXPECT_EQ(number_in(support::parsed(support::read_text(home() / "clock.json")), {"value"}), 10);
}

TEST_F(Client, TwoClientsOnOneHomeShareItsClock) {
  auto first_client = open();
  auto other = open();
  const auto first = first_client.emit(note()).get();
  const auto second = other.emit(note()).get();
  ASSERT_TRUE(first && second);
  EXPECT_EQ(second->lamport_clock, first->lamport_clock + 1);
}

TEST_F(Client, TwoHomesInOneProcessKnowNothingOfEachOther) {
  auto first_client = open();
  options elsewhere = host();
  elsewhere.home = (root() / "elsewhere").string();
  auto other = open(std::move(elsewhere));
  ASSERT_TRUE(first_client.emit(note()).get());
  const auto first_there = other.emit(note()).get();
  ASSERT_TRUE(first_there);
  EXPECT_EQ(first_there->lamport_clock, 1U);
  EXPECT_NE(first_client.status()->node_id, other.status()->node_id);
}

TEST_F(Client, ProjectsAreNamedByFolderOrByName) {
  std::filesystem::create_directories(root() / "repo" / ".kittify");
  support::write_text(root() / "repo" / ".kittify" / "config.yaml",
                      "project:\n  uuid: 11111111-2222-3333-4444-555555555555\n  slug: tea\n");
  options by_folder = host();
  by_folder.project_folder = (root() / "repo").string();
  options by_name = host();
  by_name.project_uuid = "11111111-2222-3333-4444-555555555556";
  by_name.project_slug = "jam";
  auto by_folder_client = open(std::move(by_folder));
  auto other = open(std::move(by_name));
  EXPECT_EQ(text_of(support::parsed(by_folder_client.emit(note()).get()->json), "project_slug"),
            "tea");
  EXPECT_EQ(text_of(support::parsed(other.emit(note()).get()->json), "project_slug"), "jam");
}

TEST_F(Client, AFullQueueRefusesWithAReason) {
  options wanted = host();
  wanted.settings["sync.max_queue_size"] = "1";
  auto events = open(std::move(wanted));
  ASSERT_TRUE(events.emit(note()).get());
  const auto second = events.emit(note()).get();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ec::queue_full);
  EXPECT_EQ(events.status()->refused, 1U);
}

} // namespace
} // namespace spec_kitty::embed_test
