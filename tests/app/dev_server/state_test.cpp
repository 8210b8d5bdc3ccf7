// What the dev-server keeps over a restart, and what it prints.
#include "app/dev_server/activity.hpp"
#include "dev_server_fixture.hpp"
#include "util/json_slices.hpp"

#include <fstream>

namespace spec_kitty::dev_server {
namespace {

TEST_F(DevServer, GivesEventsBackAsTheyCame) {
  log_in();
  std::string odd = event(1);
  odd.insert(odd.size() - 1, R"(,"extra":[1.10,"a,]\"}",1e2])");
  send_batch({odd, event(2)});
  EXPECT_EQ(send({"GET", "/api/v1/events/", {}, {}}).body, batch_of({odd, event(2)}));
}

TEST_F(DevServer, KnowsItsEventsAfterARestart) {
  log_in();
  send_batch({event(1, 4), event(2, 3)});
  boot();
  EXPECT_EQ(statuses(send_batch({event(1), event(3)})), "duplicate success");
  EXPECT_EQ(log_->highest_lamport(), 4U);
}

TEST_F(DevServer, CutsOffATornLastLine) {
  log_in();
  send_batch({event(1)});
  const auto whole = std::filesystem::file_size(events_file());
  std::ofstream(events_file(), std::ios::app) << event(2).substr(0, 50);
  boot();
  EXPECT_EQ(std::filesystem::file_size(events_file()), whole);
  EXPECT_EQ(statuses(send_batch({event(2)})), "success");
  boot();
  EXPECT_EQ(log_->size(), 2U);
}

TEST_F(DevServer, RefusesALogThatIsDamagedInTheMiddle) {
  std::ofstream(events_file(), std::ios::app) << "{\"event_id\":7}\n";
  const auto opened = event_log::open(events_file());
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ec::store_corrupt);
}

TEST_F(DevServer, NeverPrintsATokenInItsActivity) {
  log_in();
  const http_request clock{"GET", "/api/v1/clock/", {{"authorization", "Bearer " + access_}}, {}};
  EXPECT_EQ(activity_json(clock, send(clock)),
            R"({"method":"GET","path":"/api/v1/clock/","status":200})");
  const http_request escape{"GET", "/\x1b[31m\xff", {}, {}};
  EXPECT_EQ(activity_text(escape, send(escape)), "GET /?[31m? 404");
}

TEST(StateDir, IsHeldByOneServerAtATime) {
  const auto first = state_dir::open_temporary();
  ASSERT_TRUE(first.ok());
  const auto second = state_dir::open(first->file("."));
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ec::store_busy);
}

TEST(StateDir, ReadsTheReplacedFileAndNothingWhereItIsMissing) {
  const auto dir = state_dir::open_temporary();
  ASSERT_TRUE(dir.ok());
  EXPECT_EQ(*dir->read("x"), std::nullopt);
  ASSERT_TRUE(dir->replace("x", "one").ok());
  ASSERT_TRUE(dir->replace("x", "two").ok());
  EXPECT_EQ(*dir->read("x"), "two");
  EXPECT_EQ(std::filesystem::status(dir->file("x")).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST(JsonSlices, CutsTheFirstListOfThatName) {
  using slices = std::vector<std::string_view>;
  EXPECT_EQ(
      list_slices(R"({"a":{"events":[9]},"events":[1,{"b":[2,"]"]},"\\"],"events":[3]})", "events"),
      (slices{"1", R"({"b":[2,"]"]})", R"("\\")"}));
  EXPECT_EQ(list_slices(R"({"events":[]})", "events"), slices{});
  EXPECT_EQ(list_slices(R"({"events":7})", "events"), std::nullopt);
  EXPECT_EQ(list_slices("{}", "events"), std::nullopt);
  EXPECT_EQ(list_slices("[]", "events"), std::nullopt);
  EXPECT_EQ(list_slices("7", "events"), std::nullopt);
}

} // namespace
} // namespace spec_kitty::dev_server
