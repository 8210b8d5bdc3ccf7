// The door for hosts with an actor system of their own.
#include "app/embed/running_home.hpp"
#include "spec_kitty/actors.hpp"
#include "tests/app/embed/embed_fixture.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

namespace spec_kitty::embed_test {
namespace {

std::shared_ptr<std::atomic<int>> no_actors() {
  return std::make_shared<std::atomic<int>>(0);
}

/// What a host's actor system is configured like: nothing of ours.
class host_system {
public:
  explicit host_system(bool sharing = false) {
    if (sharing) {
      config_.set("scheduler.policy", caf::atom("sharing"));
      config_.set("scheduler.max-threads", std::size_t{1});
    }
    system_ = std::make_unique<caf::actor_system>(config_);
  }
  caf::actor_system& get() { return *system_; }
  void end() { system_.reset(); }

private:
  caf::actor_system_config config_;
  std::unique_ptr<caf::actor_system> system_;
};

class Actors : public embedding {
protected:
  embedded spawn(options wanted) {
    auto made = embedded::spawn(system.get(), std::move(wanted));
    if (!made)
      throw std::runtime_error(made.error().message);
    return std::move(*made);
  }
  template <class Answer, class Handle, class Question>
  result<Answer> ask(const Handle& actor, Question question) {
    caf::scoped_actor self(system.get());
    result<Answer> out = failure{ec::internal, "no answer", {}};
    self->request(actor, 30s, std::move(question))
        .receive([&](Answer& answer) { out = std::move(answer); },
                 [&](const caf::error& error) { out = failure_of(error); });
    return out;
  }

  host_system system;
};

TEST_F(Actors, AnEventIsRecordedAndTheReceiptComesBack) {
  auto place = spawn(host());
  const auto promised = ask<receipt>(place.events(), emit_message{note()});
  ASSERT_TRUE(promised) << promised.error().message;
  EXPECT_EQ(promised->lamport_clock, 1U);
  EXPECT_EQ(ask<client_status>(place.sync(), status_message{})->emitted, 1U);
  EXPECT_TRUE(place.stop(10s));
}

TEST_F(Actors, AnInvalidEventComesBackAsAFailure) {
  auto place = spawn(host());
  const auto refused = ask<receipt>(place.events(), emit_message{event("HistoryAdded", "{}")});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ec::invalid_event);
}

TEST_F(Actors, TheClockIsReadAndMergesOthers) {
  auto place = spawn(host());
  ASSERT_TRUE(ask<receipt>(place.events(), emit_message{note()}));
  EXPECT_EQ(ask<clock_reading>(place.clock(), clock_message{})->value, 1U);
  EXPECT_EQ(ask<clock_reading>(place.clock(), heard_clock_message{41})->value, 42U);
  const auto absurd = ask<clock_reading>(place.clock(), heard_clock_message{~0ULL});
  EXPECT_EQ(absurd.error().code, ec::bad_input);
}

TEST_F(Actors, FlushDeliversAndUpdatesArePublished) {
  logged_in();
  std::atomic<int> sent{0};
  auto made = embedded::spawn(system.get(), host(), [&](const update& what) {
    sent += what.what == update::kind::sent || what.what == update::kind::batch;
  });
  ASSERT_TRUE(made);
  for (int i = 0; i < 10; ++i)
    ASSERT_TRUE(ask<receipt>(made->events(), emit_message{note()}));
  const auto done = ask<flush_report>(made->sync(), flush_message{25s});
  ASSERT_TRUE(done);
  EXPECT_TRUE(done->delivered) << done->why.message;
  EXPECT_EQ(server->events().size(), 10U);
  EXPECT_TRUE(made->stop(10s));
}

TEST_F(Actors, SeveralHomesLiveInOneSystem) {
  auto guest_client = spawn(host());
  options elsewhere = host();
  elsewhere.home = (root() / "elsewhere").string();
  auto other = spawn(std::move(elsewhere));
  ASSERT_TRUE(ask<receipt>(guest_client.events(), emit_message{note()}));
  EXPECT_EQ(ask<receipt>(other.events(), emit_message{note()})->lamport_clock, 1U);
  EXPECT_TRUE(guest_client.stop(10s));
  EXPECT_EQ(ask<receipt>(other.events(), emit_message{note()})->lamport_clock, 2U);
  EXPECT_TRUE(other.stop(10s));
}

TEST_F(Actors, AHandleOutlivesWhatIsBehindIt) {
  auto checked = embed::check(host());
  ASSERT_TRUE(checked);
  const auto core = std::make_shared<embed::home_core>(std::move(*checked));
  auto place = embed::running_home::start(system.get(), core, no_actors());
  ASSERT_TRUE(place);
  const events_handle events((*place)->root_supervisor_handle());
  for (int i = 1; i <= 4; ++i) {
    // What was sent to the fallen one may be answered with a failure, never with silence.
    ASSERT_TRUE(support::eventually([&] {
      return ask<receipt>(events, emit_message{note()}).ok();
    })) << i;
    caf::anon_send_exit(core->actors().queue(), caf::exit_reason::kill);
  }
  EXPECT_TRUE(support::eventually([&] { return ask<receipt>(events, emit_message{note()}).ok(); }));
  EXPECT_TRUE(log.has("started again"));
  EXPECT_TRUE((*place)->close(std::chrono::steady_clock::now() + 10s));
}

TEST_F(Actors, AQueueThatFallsTooOftenIsReported) {
  auto checked = embed::check(host());
  ASSERT_TRUE(checked);
  const auto core = std::make_shared<embed::home_core>(std::move(*checked));
  auto place = embed::running_home::start(system.get(), core, no_actors());
  ASSERT_TRUE(place);
  const events_handle events((*place)->root_supervisor_handle());
  EXPECT_TRUE(support::eventually([&] {
    if (const auto queue = core->actors().queue())
      caf::anon_send_exit(queue, caf::exit_reason::kill);
    return log.has("failed too often");
  }));
  const auto refused = ask<receipt>(events, emit_message{note()});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().hint.find("open the client again"), std::string::npos);
  EXPECT_TRUE((*place)->close(std::chrono::steady_clock::now() + 10s));
}

TEST_F(Actors, AfterStopHandlesAnswerAndASecondStopDoesNothing) {
  auto place = spawn(host());
  const auto events = place.events();
  ASSERT_TRUE(ask<receipt>(events, emit_message{note()}));
  EXPECT_TRUE(place.stop(10s));
  EXPECT_TRUE(place.stop(10s));
  EXPECT_EQ(ask<receipt>(events, emit_message{note()}).error().code, ec::stopping);
  EXPECT_EQ(number_in(support::parsed(support::read_text(home() / "clock.json")), {"value"}), 1);
}

TEST_F(Actors, ASystemThatEndsBeforeStopEndsAllTheSameAndTheLogShowsIt) {
  if (SPEC_KITTY_SANITIZED)
    GTEST_SKIP() << "what a forgotten stop leaves behind is a leak";
  auto place = spawn(host());
  ASSERT_TRUE(ask<receipt>(place.events(), emit_message{note()}));
  system.end();
  EXPECT_TRUE(log.has("call stop() first"));
  const auto late = place.stop(1s);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ec::stopping);
  EXPECT_NE(late.error().hint.find("before the actor system ends"), std::string::npos);
}

TEST_F(Actors, ASystemWithOneThreadThatEndsInTheMidstEndsToo) {
  if (SPEC_KITTY_SANITIZED)
    GTEST_SKIP() << "what a forgotten stop leaves behind is a leak";
  host_system small(true);
  auto made = embedded::spawn(small.get(), host());
  ASSERT_TRUE(made);
  for (int i = 0; i < 200; ++i)
    caf::anon_send(made->events(), emit_message{note()});
  small.end();
  EXPECT_TRUE(log.has("call stop() first"));
  EXPECT_FALSE(made->stop(1s));
}

TEST_F(Actors, ALeaseOfThePartThatFellIsGivenBackAtOnce) {
  auto checked = embed::check(host());
  ASSERT_TRUE(checked);
  const auto core = std::make_shared<embed::home_core>(std::move(*checked));
  auto place = embed::running_home::start(system.get(), core, no_actors());
  ASSERT_TRUE(place);
  const events_handle events((*place)->root_supervisor_handle());
  ASSERT_TRUE(ask<receipt>(events, emit_message{note()}));
  lease_request mine;
  mine.team_slug = "local";
  mine.ttl = std::chrono::hours(1);
  ASSERT_EQ(ask<lease_grant>(core->actors().queue(), mine)->events.size(), 1U);
  ASSERT_EQ(ask<lease_grant>(core->actors().queue(), mine)->events.size(), 0U);
  caf::anon_send_exit(core->actors().queue(), caf::exit_reason::kill);
  EXPECT_TRUE(support::eventually([&] {
    const auto again = ask<lease_grant>(core->actors().queue(), mine);
    return again && again->events.size() == 1;
  }));
  EXPECT_TRUE((*place)->close(std::chrono::steady_clock::now() + 10s));
}

TEST_F(Actors, AnActorOfTheHostEmitsAndContinues) {
  auto place = spawn(host());
  std::atomic<int> recorded{0};
  {
    caf::scoped_actor self(system.get());
    auto worker =
        system.get().spawn([events = place.events(), &recorded](caf::event_based_actor* me) {
          for (int i = 0; i < 1000; ++i)
            me->request(events, 30s, emit_message{note()}).then([&recorded](const receipt&) {
              ++recorded;
            });
        });
    self->wait_for(worker);
  }
  EXPECT_TRUE(support::eventually([&] { return recorded == 1000; }));
  EXPECT_TRUE(place.stop(10s));
}

} // namespace
} // namespace spec_kitty::embed_test
