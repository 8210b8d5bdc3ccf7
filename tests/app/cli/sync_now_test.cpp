// spec-kitty sync now against a real dev-server: every event arrives, once, in order.
#include "tests/support/cli_test.hpp"

namespace spec_kitty::support {
namespace {

struct SyncNow : cli_test {
  /// selected = the sum of the disjoint buckets.
  static void expect_books_balanced(const json_document& report) {
    std::int64_t sum = 0;
    for (const char* bucket :
         {"synced", "duplicate", "pending", "rejected", "dead", "held", "transient"}) {
      EXPECT_GE(number_in(report, {bucket}), 0) << bucket;
      sum += number_in(report, {bucket});
    }
    EXPECT_EQ(sum, number_in(report, {"selected"}));
    for (const char* field : {"remaining", "batches", "bytes_sent", "duration_ms"})
      EXPECT_GE(number_in(report, {field}), 0) << field;
    EXPECT_TRUE(member(report, "errors")->IsArray());
  }

  json_document sync(int status = 0) const {
    auto report = json_of({"sync", "now"}, status);
    expect_books_balanced(report);
    return report;
  }

  std::int64_t batches_asked() {
    std::int64_t count = 0;
    for (const auto& line : server->stop())
      count += line.find("/events/batch/") != std::string::npos ? 1 : 0;
    return count;
  }
};

TEST_F(SyncNow, DeliversEveryEventOnceAndInOrder) {
  const auto& at = logged_in();
  emit(25);
  const auto exported = lines_of(cli({"events", "export"}).out);
  const auto report = sync();
  EXPECT_EQ(number_in(report, {"selected"}), 25);
  EXPECT_EQ(number_in(report, {"synced"}), 25);
  EXPECT_EQ(number_in(report, {"remaining"}), 0);
  EXPECT_EQ(at.events(), exported);
  EXPECT_EQ(cli({"events", "export"}).out, "");
}

TEST_F(SyncNow, AnEmptyQueueIsSuccessWithoutARequest) {
  logged_in();
  EXPECT_EQ(number_in(sync(), {"selected"}), 0);
  const auto done = cli({"sync", "now"});
  EXPECT_EQ(done.status, 0);
  EXPECT_EQ(done.out, "Nothing is queued.\n");
  EXPECT_EQ(batches_asked(), 0);
}

TEST_F(SyncNow, AnEmptyQueueNeedsNoSession) {
  server_set();
  EXPECT_EQ(number_in(sync(), {"selected"}), 0);
}

TEST_F(SyncNow, WithoutAServerSaysWhichCommandSetsOne) {
  emit();
  const auto report = sync(1);
  EXPECT_EQ(error_part(report, "code"), "no_server");
  EXPECT_NE(error_part(report, "hint").find("spec-kitty sync server"), std::string::npos);
}

TEST_F(SyncNow, NotLoggedInIsStatusThreeWithoutARequest) {
  server_set();
  emit(2);
  const auto report = sync(3);
  EXPECT_EQ(error_part(report, "code"), "login_required");
  EXPECT_NE(error_part(report, "hint").find("auth login"), std::string::npos);
  EXPECT_EQ(number_in(report, {"remaining"}), 2);
  EXPECT_EQ(number_in(json_of({"sync", "status"}), {"queue", "held"}), 2);
  EXPECT_TRUE(server->stop().empty()) << "a request was sent";
}

TEST_F(SyncNow, WhatWasRecordedBeforeTheLoginIsDeliveredAfterIt) {
  emit(3);
  const auto ids = ids_of(lines_of(cli({"events", "export"}).out));
  const auto& at = logged_in();
  EXPECT_EQ(number_in(sync(), {"synced"}), 3);
  EXPECT_EQ(ids_of(at.events()), ids);
  for (const auto& event : at.events())
    EXPECT_EQ(text_of(parsed(event), "team_slug"), at.team());
}

TEST_F(SyncNow, PendingEventsStayQueuedAndAreNoError) {
  const auto& at = logged_in({"--pending-first", "1"});
  emit(3);
  const auto first = sync();
  EXPECT_EQ(number_in(first, {"pending"}), 3);
  EXPECT_EQ(number_in(first, {"remaining"}), 3);
  EXPECT_EQ(number_in(json_of({"sync", "status"}), {"queue", "queued"}), 3);
  EXPECT_TRUE(at.events().empty());
  EXPECT_EQ(number_in(sync(), {"synced"}), 3);
  EXPECT_EQ(at.events().size(), 3U);
}

TEST_F(SyncNow, ARefusedEventIsCountedAndTheOthersGoThrough) {
  const auto& at = logged_in({"--reject-type", "WPStatusChanged"});
  emit(2);
  EXPECT_EQ(cli({"emit", "WPStatusChanged", "--payload", good_payload}).status, 0);
  const auto report = sync(5);
  EXPECT_EQ(error_part(report, "code"), "rejected");
  EXPECT_EQ(number_in(report, {"synced"}), 2);
  EXPECT_EQ(number_in(report, {"rejected"}), 1);
  const auto& error = (*member(report, "errors"))[0];
  EXPECT_EQ(text_of(error, "category"), "rejected");
  EXPECT_NE(text_of(error, "message").value_or("").find("WPStatusChanged"), std::string::npos);
  EXPECT_EQ(at.events().size(), 2U);

  const auto list = json_of({"events", "list"});
  const auto& left = (*member(list, "events"))[0];
  EXPECT_EQ(text_of(left, "state"), "queued");
  EXPECT_EQ(number_in(left, {"retry_count"}), 1);
  EXPECT_EQ(text_of(left, "last_error"), text_of(error, "message"));
}

TEST_F(SyncNow, AfterTheLastRetryTheEventIsADeadLetterAndSoIsTheStatus) {
  logged_in({"--reject-type", "WPStatusChanged"});
  env["SPEC_KITTY_SYNC_MAX_RETRIES"] = "2";
  EXPECT_EQ(cli({"emit", "WPStatusChanged", "--payload", good_payload}).status, 0);
  EXPECT_EQ(number_in(sync(5), {"rejected"}), 1);
  const auto last = sync(5);
  EXPECT_EQ(number_in(last, {"dead"}), 1);
  EXPECT_EQ(number_in(last, {"remaining"}), 0);
  EXPECT_EQ(number_in(sync(), {"selected"}), 0);
  EXPECT_EQ(number_in(json_of({"sync", "status"}), {"queue", "dead"}), 1);
  const auto dead = json_of({"events", "list", "--state", "dead"});
  EXPECT_EQ(text_of((*member(dead, "events"))[0], "reason"), "max_retries");
}

TEST_F(SyncNow, AnExpiredTokenIsRefreshedOnTheWay) {
  const auto& at = logged_in({"--access-lifetime", "1"});
  emit(2);
  EXPECT_EQ(number_in(sync(), {"synced"}), 2);
  emit(2);
  EXPECT_EQ(number_in(sync(), {"synced"}), 2);
  EXPECT_EQ(at.events().size(), 4U);
  EXPECT_EQ(text_of(*member(json_of({"sync", "status"}), "auth"), "username"), at.username());
}

TEST_F(SyncNow, ASessionThatIsOverIsStatusThreeAndNothingIsLost) {
  const auto& at = logged_in();
  emit(2);
  for (const char* change : {"disable", "enable"}) // which ends the account's sessions
    ASSERT_EQ(server->administer({"user", change, server->username()}).status, 0);
  EXPECT_EQ(error_part(sync(3), "code"), "login_required");
  const auto again = log_in(at);
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(number_in(sync(), {"synced"}), 2);
  const auto kept = json_of({"events", "stats"});
  EXPECT_EQ(number_in(kept, {"by_state", "queued"}), 0);
}

TEST_F(SyncNow, ASecondCopyOfTheHomeDeliversDuplicatesOnly) {
  const auto& at = logged_in();
  emit(4);
  std::filesystem::copy(home(), root() / "copy", std::filesystem::copy_options::recursive);
  EXPECT_EQ(number_in(sync(), {"synced"}), 4);
  const auto copy = json_of({"--home", (root() / "copy").string(), "sync", "now"});
  expect_books_balanced(copy);
  EXPECT_EQ(number_in(copy, {"duplicate"}), 4);
  EXPECT_EQ(number_in(copy, {"remaining"}), 0);
  EXPECT_EQ(at.events().size(), 4U);
}

TEST_F(SyncNow, TheServersClockAdvancesOurs) {
  logged_in();
  emit(3);
  const std::string other = (root() / "other").string();
  std::filesystem::create_directory(other);
  std::filesystem::copy(home() / "config.toml", other);
  std::filesystem::copy(home() / "credentials", other);
  EXPECT_EQ(number_in(sync(), {"synced"}), 3);
  const auto far_behind =
      json_of({"--home", other, "emit", "WPStatusChanged", "--payload", good_payload});
  EXPECT_EQ(number_in(far_behind, {"event", "lamport_clock"}), 1);
  json_of({"--home", other, "sync", "now"});
  EXPECT_GT(number_in(json_of({"--home", other, "clock", "show"}), {"value"}), 3);
}

} // namespace
} // namespace spec_kitty::support
