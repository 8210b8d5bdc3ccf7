// At the cap: refused and counted, or the oldest make room and can be brought back.
#include "tests/support/cli_test.hpp"

namespace spec_kitty::support {
namespace {

class Overflow : public cli_test {};

TEST_F(Overflow, ARefusedEventIsCountedAndShownUntilItIsAcknowledged) {
  cli({"config", "set", "sync.max_queue_size", "2"});
  emit(2);
  const auto refused = json_of({"emit", "WPStatusChanged", "--payload", good_payload}, 1);
  EXPECT_EQ(error_part(refused, "code"), "queue_full");
  EXPECT_NE(error_part(refused, "message").find("1 event NOT recorded"), std::string::npos);
  for (int looked = 0; looked < 2; ++looked)
    EXPECT_EQ(number_in(json_of({"sync", "status"}), {"queue", "dropped_total"}), 1);
  EXPECT_EQ(number_in(json_of({"events", "acknowledge-drops"}), {"count"}), 1);
  EXPECT_EQ(number_in(json_of({"events", "stats"}), {"dropped_total"}), 0);
  EXPECT_EQ(number_in(json_of({"events", "acknowledge-drops"}), {"count"}), 0);
}

TEST_F(Overflow, TheOldestMakeRoomAndAnImportBringsThemBackOnce) {
  logged_in();
  cli({"config", "set", "sync.max_queue_size", "5"});
  cli({"config", "set", "sync.overflow", "evict_oldest"});
  emit(8);
  const auto shown = json_of({"sync", "status"});
  EXPECT_EQ(number_in(shown, {"queue", "queued"}), 5);
  EXPECT_EQ(number_in(shown, {"queue", "dropped_total"}), 3);
  EXPECT_EQ(number_in(shown, {"queue", "overflowed"}), 3);
  EXPECT_NE(cli({"sync", "status"}).out.find("; see how to import them: spec-kitty sync doctor"),
            std::string::npos);
  EXPECT_EQ(number_in(json_of({"sync", "now"}), {"synced"}), 5);
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(home() / "overflow"))
    files.push_back(entry.path());
  for (const auto& file : files)
    EXPECT_EQ(cli({"events", "import", file.string()}).status, 0);
  EXPECT_EQ(number_in(json_of({"sync", "status"}), {"queue", "overflowed"}), 0);
  EXPECT_EQ(number_in(json_of({"sync", "now"}), {"synced"}), 3);
  EXPECT_EQ(server->events().size(), 8U);
}

TEST_F(Overflow, AQueueThatIsFullByItsBytesSaysWhatToRaise) {
  cli({"config", "set", "sync.max_queue_bytes", "1048576"});
  const std::string payload = R"({"wp_id":"WP01","entry_type":"note","entry_content":")" +
                              std::string(400'000, 'x') + "\"}";
  const words note = {"emit", "HistoryAdded", "--payload", "-"};
  int status = 0;
  for (int events = 0; events < 3 && status == 0; ++events)
    status = cli(note, payload).status;
  const auto refused = cli(note, payload);
  EXPECT_EQ(refused.status, 1);
  EXPECT_NE(refused.err.find("or raise sync.max_queue_bytes"), std::string::npos) << refused.err;
}

TEST_F(Overflow, ARetryOfNothingSaysWhereTheDeadLettersAre) {
  const auto refused = cli({"events", "retry"});
  EXPECT_EQ(refused.status, 2);
  EXPECT_NE(refused.err.find("spec-kitty events list --state dead"), std::string::npos);
}

TEST_F(Overflow, AcknowledgingInAHomeThatDoesNotExistMakesNone) {
  EXPECT_EQ(number_in(json_of({"events", "acknowledge-drops"}), {"count"}), 0);
  EXPECT_FALSE(std::filesystem::exists(home()));
}

} // namespace
} // namespace spec_kitty::support
