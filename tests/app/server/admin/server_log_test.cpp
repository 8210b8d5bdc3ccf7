// Lines of the server's log, and its files.
#include "app/server/admin/server_log.hpp"
#include "util/files.hpp"
#include "util/json.hpp"
#include "util/temp_folder.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <thread>

namespace spec_kitty::server {
namespace {

constexpr epoch_us noon = epoch_us{1'796'126'400} * 1'000'000; // 2026-12-01T12:00:00Z

TEST(ServerLog, AnEventIsOneLineInBothForms) {
  EXPECT_EQ(event_line(log_level::error, "the disk is full", false, noon),
            "2026-12-01T12:00:00.000000Z error the disk is full");
  const auto line = parse_json(event_line(log_level::info, "ready", true, noon));
  ASSERT_TRUE(line);
  EXPECT_EQ(text_of(*line, "level"), "info");
  EXPECT_EQ(text_of(*line, "message"), "ready");
}

TEST(ServerLog, AForeignTextCannotMakeALine) {
  const auto line = event_line(log_level::info, "a\n2026 error forged\x1b[31m", false, noon);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
}

TEST(ServerLog, FilesAreOfOneDayAndPrivateAndOldOnesGo) {
  const temporary_folder root;
  const auto folder = root.path() / "log";
  ASSERT_TRUE(make_private_folder(folder));
  ASSERT_TRUE(replace_file(folder / "server-2026-11-20.log", "old\n"));
  ASSERT_TRUE(replace_file(folder / "server-2026-11-25.log", "newer\n"));
  ASSERT_TRUE(replace_file(folder / "notes.txt", "a person's\n"));
  log_options options;
  options.folder = folder;
  options.days = 7;
  options.now = [] { return noon; };
  {
    server_log log(options);
    log.write(log_level::warning, "a clock went back");
  }
  const auto text = read_file(folder / "server-2026-12-01.log");
  ASSERT_TRUE(text && *text);
  EXPECT_EQ(**text, "2026-12-01T12:00:00.000000Z warning a clock went back\n");
  namespace fs = std::filesystem;
  EXPECT_EQ(fs::status(folder / "server-2026-12-01.log").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_FALSE(fs::exists(folder / "server-2026-11-20.log"));
  EXPECT_TRUE(fs::exists(folder / "server-2026-11-25.log"));
  EXPECT_TRUE(fs::exists(folder / "notes.txt"));
}

// A client may be served before the greeting is printed, and the greeting is the first line.
TEST(ServerLog, OfAServerForTryingOutItWaitsForTheGreetingAndLeavesRemarksOut) {
  const temporary_folder root;
  log_options options;
  options.for_trying_out = true;
  options.folder = root.path() / "log";
  options.days = 1;
  options.now = [] { return noon; };
  const auto file = options.folder / "server-2026-12-01.log";
  {
    server_log log(options);
    log.line("a request");
    log.write(log_level::info, "listens");
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_FALSE(std::filesystem::exists(file));
    log.release();
  }
  const auto text = read_file(file);
  ASSERT_TRUE(text && *text);
  EXPECT_EQ(**text, "a request\n");
}

} // namespace
} // namespace spec_kitty::server
