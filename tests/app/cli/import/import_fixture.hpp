// What the tests of `events import` share: files to import, and what a home holds afterwards.
#pragma once

#include "tests/support/cli_test.hpp"

#include <csignal>
#include <map>

namespace spec_kitty::support {

struct import_test : cli_test {
  std::string file(const std::string& name) const { return (root() / name).string(); }

  /// An older queue.db in root(); its event ids in order. See tests/support/queue_db.py.
  std::vector<std::string> queue_db(int count, words options = {},
                                    const std::string& name = "queue.db") const {
    launch make;
    make.argv = {"/usr/bin/python3", SPEC_KITTY_SOURCE_DIR "/tests/support/queue_db.py", file(name),
                 std::to_string(count)};
    make.argv.insert(make.argv.end(), options.begin(), options.end());
    const auto done = support::run(make);
    EXPECT_EQ(done.status, 0) << done.err;
    return lines_of(done.out);
  }

  std::vector<std::string> exported() const { return lines_of(cli({"events", "export"}).out); }

  /// The whole of a folder, by name: for seeing that nothing there was changed.
  static std::map<std::string, std::string> contents(const std::filesystem::path& folder) {
    std::map<std::string, std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
      if (entry.is_regular_file())
        found[entry.path().filename().string()] = read_text(entry.path());
    return found;
  }

  /// Imports an older queue of so many rows, kills it in the middle, imports it again.
  void expect_whole_after_a_kill(int count) const {
    const auto ids = queue_db(count);
    const auto taken = [&] { return number_in(json_of({"events", "stats"}), {"accepted_total"}); };
    std::int64_t kept = 0;
    for (int tries = 0; tries < 5 && (kept == 0 || kept == count); ++tries) {
      std::filesystem::remove_all(home());
      ASSERT_EQ(cli({"config", "set", "sync.max_queue_size", std::to_string(count)}).status, 0);
      child first(command({"events", "import", file("queue.db")}));
      ASSERT_TRUE(eventually([&] { return taken() > 0; }));
      first.send(SIGKILL);
      first.wait();
      kept = taken();
    }
    ASSERT_LT(kept, count) << "it was always over before it could be killed";
    const auto answer = json_of({"events", "import", file("queue.db")});
    EXPECT_EQ(number_in(answer, {"skipped"}), kept);
    EXPECT_EQ(number_in(answer, {"imported"}), count - kept);
    const auto events = exported();
    EXPECT_TRUE(ids_of(events) == ids) << "not complete, once, in order";
    for (std::size_t i = 0; i < events.size(); i += 997)
      EXPECT_EQ(number_in(parsed(events[i]), {"lamport_clock"}), static_cast<std::int64_t>(i + 1));
  }
};

} // namespace spec_kitty::support
