// The transition table of docs/protocol.md, line by line.
#include "actors/supervisor/connection.hpp"

#include <gtest/gtest.h>

namespace spec_kitty {
namespace {

using namespace std::chrono_literals;
using state = connection_state;

const failure no_network{ec::transport, "the server cannot be reached", {}};
const failure over{ec::login_required, "nobody is logged in", {}};

struct Connection : testing::Test {
  connection_machine machine{[this] { return random_; }};
  double random_ = 0.5; ///< no jitter
  epoch_us now_ = 1000;
  std::chrono::milliseconds steady_{0};

  state at() const { return machine.status().state; }
  connection_machine::order end(const failure& why = no_network) {
    now_ += 1000;
    steady_ += 1s;
    return machine.on_end(why, now_, steady_);
  }
  void connect() {
    machine.begin_trying(++now_);
    machine.on_snapshot(++now_);
  }
};

TEST_F(Connection, BeginsOfflineWithAReason) {
  EXPECT_EQ(at(), state::offline);
  EXPECT_NE(machine.status().reason, "");
}

TEST_F(Connection, IsTriedAtOnceWhenItIsStarted) {
  const auto order = machine.begin_trying(now_);
  EXPECT_EQ(at(), state::reconnecting);
  EXPECT_EQ(order.start_in, 0ms);
}

TEST_F(Connection, IsConnectedWithTheSnapshotAndForgetsItsFailures) {
  machine.begin_trying(now_);
  end();
  end();
  EXPECT_EQ(machine.status().attempts, 2U);
  machine.on_snapshot(++now_);
  EXPECT_EQ(at(), state::connected);
  EXPECT_EQ(machine.status().attempts, 0U);
  EXPECT_EQ(machine.status().reason, "");
  EXPECT_EQ(machine.status().since, now_);
}

TEST_F(Connection, AttemptsAreHalfASecondApartDoublingToThirty) {
  machine.begin_trying(now_);
  for (const auto wait :
       {500ms, 1000ms, 2000ms, 4000ms, 8000ms, 16000ms, 30000ms, 30000ms, 30000ms})
    EXPECT_EQ(end().start_in, wait);
  EXPECT_EQ(at(), state::reconnecting);
}

TEST_F(Connection, TheWaitsJitterIsASecondEitherWay) {
  EXPECT_EQ(reconnect_delay(4, 0.0), 3000ms);
  EXPECT_EQ(reconnect_delay(4, 0.5), 4000ms);
  EXPECT_EQ(reconnect_delay(4, 0.9995), 4999ms);
  EXPECT_EQ(reconnect_delay(1, 0.0), 0ms) << "never before now";
  EXPECT_EQ(reconnect_delay(1000, 0.5), 30s);
}

TEST_F(Connection, TenthFailureInARowMeansBatchesOnly) {
  machine.begin_trying(now_);
  for (int i = 0; i < 9; ++i)
    end();
  EXPECT_EQ(at(), state::reconnecting);
  const auto order = end();
  EXPECT_EQ(at(), state::offline_batch_mode);
  EXPECT_EQ(order.start_in, 5min);
  EXPECT_NE(machine.status().reason.find("cannot be reached"), std::string::npos);
}

TEST_F(Connection, OfflineBatchModeEndsOnRequestAndComesBackWithOneMoreFailure) {
  machine.begin_trying(now_);
  for (int i = 0; i < 10; ++i)
    end();
  EXPECT_EQ(machine.try_again(++now_, "a batch has reached the server").start_in, 0ms);
  EXPECT_EQ(at(), state::reconnecting);
  EXPECT_EQ(end().start_in, 5min);
  EXPECT_EQ(at(), state::offline_batch_mode);
}

TEST_F(Connection, TryAgainChangesNothingElsewhere) {
  EXPECT_EQ(machine.try_again(++now_, "x").start_in, std::nullopt);
  EXPECT_EQ(at(), state::offline);
  connect();
  EXPECT_EQ(machine.try_again(++now_, "x").start_in, std::nullopt);
  EXPECT_EQ(at(), state::connected);
}

TEST_F(Connection, IsReconnectedSoonWhenLost) {
  connect();
  EXPECT_EQ(end({ec::transport, "the connection was lost", {}}).start_in, 500ms);
  EXPECT_EQ(at(), state::reconnecting);
  EXPECT_EQ(machine.status().reason, "the connection was lost");
  EXPECT_EQ(machine.status().attempts, 0U);
}

TEST_F(Connection, LossesTooOftenWithinAMinuteMeanBatchesOnly) {
  for (int i = 0; i < 20; ++i) {
    connect();
    end();
    EXPECT_EQ(at(), state::reconnecting) << i;
  }
  connect();
  EXPECT_EQ(end().start_in, 5min);
  EXPECT_EQ(at(), state::offline_batch_mode);
}

TEST_F(Connection, LossesFarApartAreForgiven) {
  for (int i = 0; i < 100; ++i) {
    connect();
    steady_ += 5s;
    end();
    ASSERT_EQ(at(), state::reconnecting) << i;
  }
}

TEST_F(Connection, WithoutASessionItIsOfflineWhereverItWas) {
  machine.begin_trying(now_);
  auto order = end(over);
  EXPECT_EQ(at(), state::offline);
  EXPECT_TRUE(machine.status().reason.starts_with("auth required")) << machine.status().reason;
  EXPECT_EQ(order.start_in, std::nullopt);
  connect();
  end(over);
  EXPECT_EQ(at(), state::offline);
}

TEST_F(Connection, StopEndsItFromEveryState) {
  connect();
  const auto order = machine.go_offline(++now_, "stopped");
  EXPECT_TRUE(order.end);
  EXPECT_EQ(at(), state::offline);
  EXPECT_EQ(end().start_in, std::nullopt) << "the end that was asked for starts nothing";
  EXPECT_EQ(machine.status().reason, "stopped");
}

TEST_F(Connection, SinceIsWhenTheStateBeganNotWhenTheReasonChanged) {
  machine.begin_trying(now_);
  const auto since = machine.status().since;
  end();
  end();
  EXPECT_EQ(machine.status().since, since);
}

TEST_F(Connection, StatesHaveTheNamesOfTheProtocol) {
  EXPECT_EQ(to_string(state::offline), "Offline");
  EXPECT_EQ(to_string(state::reconnecting), "Reconnecting");
  EXPECT_EQ(to_string(state::connected), "Connected");
  EXPECT_EQ(to_string(state::offline_batch_mode), "OfflineBatchMode");
}

} // namespace
} // namespace spec_kitty
