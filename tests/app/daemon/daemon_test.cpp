// What a daemon says of itself, and what an emitting command makes of it. Pure.
#include "app/cli/delivery_status.hpp"
#include "app/daemon/control.hpp"
#include "app/daemon/drain_meter.hpp"
#include "app/daemon/notices.hpp"
#include "app/daemon/record.hpp"

#include <gtest/gtest.h>

namespace spec_kitty {
namespace {

using namespace std::chrono_literals;

daemon_record record() {
  daemon_record known_daemon;
  known_daemon.process = this_process();
  known_daemon.version = "1.2.3";
  known_daemon.since = 1'770'000'000'000'000;
  known_daemon.connection = {connection_state::connected, "", 1'770'000'000'000'001, 0};
  return known_daemon;
}

TEST(DaemonRecord, ComesBackAsItWasWritten) {
  auto known_daemon = record();
  for (const auto end : {daemon_end::none, daemon_end::stopped, daemon_end::handed_over,
                         daemon_end::idle, daemon_end::signalled, daemon_end::failed}) {
    known_daemon.end = end;
    known_daemon.why = "because \"of\" it";
    const auto back = parse_record(render_record(known_daemon));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->process, known_daemon.process);
    EXPECT_EQ(back->version, known_daemon.version);
    EXPECT_EQ(back->since, known_daemon.since);
    EXPECT_EQ(back->end, known_daemon.end);
    EXPECT_EQ(back->why, known_daemon.why);
    EXPECT_EQ(back->connection, known_daemon.connection);
  }
}

TEST(DaemonRecord, WhatIsNoneCountsAsAbsent) {
  for (const char* text : {"", "{", "[]", "{}", R"({"phase":"running","pid":0})", "null"})
    EXPECT_FALSE(parse_record(text)) << text;
}

TEST(DaemonRecord, OneThatAPersonEndedIsNotMissed) {
  auto known_daemon = record();
  for (const auto end : {daemon_end::stopped, daemon_end::handed_over, daemon_end::idle}) {
    known_daemon.end = end;
    EXPECT_FALSE(should_run(known_daemon));
  }
  for (const auto end : {daemon_end::none, daemon_end::signalled, daemon_end::failed}) {
    known_daemon.end = end;
    EXPECT_TRUE(should_run(known_daemon));
  }
}

TEST(Versions, AreComparedNumberByNumber) {
  EXPECT_TRUE(is_newer_version("0.10.0", "0.9.9"));
  EXPECT_TRUE(is_newer_version("1.0.0", "0.99.99"));
  EXPECT_FALSE(is_newer_version("0.1.0", "0.1.0"));
  EXPECT_FALSE(is_newer_version("0.1.0", "0.1.1"));
  EXPECT_FALSE(is_newer_version("", "0.0.1"));
  EXPECT_FALSE(is_newer_version("x", "0.0.0"));
}

TEST(DeliveryStatus, SaysOneLineForEachState) {
  delivery_status now;
  now.queued = 3;
  EXPECT_EQ(delivery_status_line(now, 0), "[Offline] 3 queued");
  now.answers = true;
  EXPECT_EQ(delivery_status_line(now, 0), "[Offline] 3 queued") << "it says nothing of itself yet";
  now.daemon = record();
  EXPECT_EQ(delivery_status_line(now, 0), "[Connected]");
  now.daemon->connection.state = connection_state::reconnecting;
  EXPECT_EQ(delivery_status_line(now, 0), "[Offline] 3 queued");
  now.daemon->connection.state = connection_state::offline_batch_mode;
  EXPECT_EQ(delivery_status_line(now, 0), "[Offline - Batch Mode] 3 queued");
  now.stopped = true;
  EXPECT_TRUE(delivery_status_line(now, 0).starts_with("[Sync stopped: daemon process "));
}

TEST(DeliveryStatus, SaysSinceWhenSyncStandsStillWhereADaemonShouldRun) {
  delivery_status now;
  now.queued = 3;
  now.daemon = record();
  now.daemon->end = daemon_end::failed;
  now.daemon->why = "queue has failed";
  const auto later = now.daemon->since + std::chrono::microseconds(72h).count();
  EXPECT_EQ(delivery_status_line(now, later),
            "[Sync stopped 3 days ago: queue has failed] 3 queued; "
            "fix that, then start it: spec-kitty sync daemon start");
  now.daemon->end = daemon_end::none;
  now.daemon->last_sign = later - std::chrono::microseconds(5min).count();
  EXPECT_TRUE(delivery_status_line(now, later)
                  .starts_with("[Sync stopped 5 minutes ago: the daemon ended unexpectedly]"));
  now.daemon->end = daemon_end::stopped;
  EXPECT_EQ(delivery_status_line(now, later), "[Offline] 3 queued");
}

TEST(DrainMeter, KnowsARateFromTheSecondBatchOn) {
  drain_meter meter;
  const drain_meter::steady::time_point start{};
  EXPECT_FALSE(meter.progress());
  meter.note({1000, 10000, 0ms}, start);
  EXPECT_EQ(meter.progress()->left, 9000U);
  EXPECT_FALSE(meter.progress()->seconds_left());
  meter.note({4000, 10000, 0ms}, start + 2s);
  EXPECT_EQ(meter.progress()->left, 6000U);
  EXPECT_EQ(meter.progress()->per_second, 1500U);
  EXPECT_EQ(meter.progress()->seconds_left(), 4U);
}

TEST(DrainMeter, ForgetsARunAtItsEndAndAtTheBeginningOfTheNext) {
  drain_meter meter;
  const drain_meter::steady::time_point start{};
  meter.note({4000, 10000, 0ms}, start);
  meter.note({500, 700, 0ms}, start + 1h);
  EXPECT_EQ(meter.progress()->left, 200U);
  EXPECT_EQ(meter.progress()->per_second, 0U);
  meter.end_run();
  EXPECT_FALSE(meter.progress());
}

TEST(DaemonControl, AStatusSaysHowFarARunIs) {
  daemon_identity daemon;
  daemon.version = "1.2.3";
  daemon.drain = drain_progress{93120, 45000};
  const auto reply = parse_json(render_identity(daemon));
  ASSERT_TRUE(reply);
  const auto read = parse_identity(*reply);
  ASSERT_TRUE(read && read->drain);
  EXPECT_EQ(read->drain->left, 93120U);
  EXPECT_EQ(read->drain->seconds_left(), 3U);
  daemon.drain.reset();
  EXPECT_FALSE(parse_identity(*parse_json(render_identity(daemon)))->drain);
}

TEST(Notices, AreOneJsonLineEachWithTheirKind) {
  sync_report report;
  report.stopped = failure{ec::transport, "away", {}};
  const std::vector<std::pair<notice, std::string>> all = {
      {connection_status{connection_state::connected, "", 1, 0}, "connection"},
      {event_sent{"01A"}, "sent"},
      {event_refused{"01A", "no"}, "refused"},
      {event_received{R"({"event_id":"01B"})"}, "received"},
      {run_ended{report}, "run"},
      {remark{"odd"}, "remark"},
      {actors_failed{{ec::internal, "queue", {}}}, "failed"}};
  for (const auto& [what, kind] : all) {
    const auto line = notice_json(what, 1'770'000'000'000'000);
    EXPECT_EQ(line.find('\n'), std::string::npos);
    const auto parsed = parse_json(line);
    ASSERT_TRUE(parsed) << line;
    EXPECT_EQ(text_of(*parsed, "kind"), kind);
    EXPECT_EQ(text_of(*parsed, "at"), "2026-02-02T02:40:00.000000Z");
    EXPECT_NE(notice_words(what), "");
  }
}

TEST(Notices, SingleEventsStayOutOfTheLog) {
  EXPECT_FALSE(is_logged(event_sent{"01A"}));
  EXPECT_FALSE(is_logged(event_received{"{}"}));
  EXPECT_TRUE(is_logged(event_refused{"01A", "no"}));
  EXPECT_TRUE(is_logged(remark{"odd"}));
}

} // namespace
} // namespace spec_kitty
