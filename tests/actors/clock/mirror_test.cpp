// clock.json: never torn, never lower, rebuilt when damaged, recovered from when it is ahead.
#include "actors/clock/mirror.hpp"

#include "app/chaos/process.hpp"
#include "messages/event.hpp"
#include "util/files.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

namespace spec_kitty {
namespace {

namespace fs = std::filesystem;

class Mirror : public testing::Test {
protected:
  Mirror() { fs::create_directories(home() / "queue"); }

  const fs::path& home() const { return folder_.path(); }
  fs::path file() const { return home() / "clock.json"; }

  void show(std::uint64_t value, const std::string& node = "0123456789ab") {
    const auto done = write_mirror(home(), {value, node, 1770000000000000});
    EXPECT_TRUE(done) << done.error().message;
  }
  std::uint64_t shown() const {
    const auto mirror = read_mirror(home());
    return mirror ? mirror->value : 0;
  }

  support::temporary_folder folder_;
};

TEST_F(Mirror, IsReadableByPeopleAndScripts) {
  show(42);
  EXPECT_EQ(**read_file(file()), "{\n  \"value\": 42,\n  \"node_id\": \"0123456789ab\",\n"
                                 "  \"updated_at\": \"2026-02-02T02:40:00.000000Z\"\n}\n");
  EXPECT_EQ(fs::status(file()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(Mirror, ComesBackAsItWas) {
  const clock_mirror mirror{7, "abcdefabcdef", 1770000000000001};
  const auto back = parse_mirror(render_mirror(mirror));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->value, mirror.value);
  EXPECT_EQ(back->node_id, mirror.node_id);
  EXPECT_EQ(back->updated_at, mirror.updated_at);
}

TEST_F(Mirror, EveryPrefixOfItsTextIsRecognisedAsTorn) {
  const std::string text = render_mirror({123456, "0123456789ab", 1770000000000000});
  for (std::size_t size = 0; size + 2 < text.size(); ++size)
    EXPECT_FALSE(parse_mirror(text.substr(0, size))) << size;
}

TEST_F(Mirror, WhatIsNoMirrorIsNothing) {
  for (const char* text : {"", "{}", "[]", "12", "{\"value\":1}", "{\"node_id\":\"x\"}",
                           R"({"value":-1,"node_id":"x"})", R"({"value":1.5,"node_id":"x"})",
                           R"({"value":"1","node_id":"x"})", R"({"value":1,"node_id":2})",
                           R"({"value":9007199254740991,"node_id":"x"})",
                           R"({"value":18446744073709551616,"node_id":"x"})"})
    EXPECT_FALSE(parse_mirror(text)) << text;
  EXPECT_FALSE(read_mirror(home() / "nowhere"));
  fs::create_directory(file());
  EXPECT_FALSE(read_mirror(home()));
}

TEST_F(Mirror, TheValueNeverGoesDown) {
  show(10);
  show(9);
  EXPECT_EQ(shown(), 10U);
  show(11);
  EXPECT_EQ(shown(), 11U);
}

TEST_F(Mirror, AnotherNodesMirrorIsReplacedWhateverItsValue) {
  show(1000, "ffffffffffff");
  show(5);
  EXPECT_EQ(shown(), 5U);
}

TEST_F(Mirror, ADamagedFileIsRebuilt) {
  for (const char* damage : {"", "{\"value\": 9", "\0\0\0\0", "gibberish"}) {
    std::ofstream(file(), std::ios::trunc) << damage;
    show(7);
    EXPECT_EQ(shown(), 7U) << damage;
    fs::remove(file());
  }
}

TEST_F(Mirror, OnlyTheSameNodesLargerValueIsRecovered) {
  const clock_mirror mirror{50, "0123456789ab", 0};
  EXPECT_EQ(value_to_recover(mirror, 49, "0123456789ab"), 50U);
  EXPECT_EQ(value_to_recover(mirror, 50, "0123456789ab"), std::nullopt);
  EXPECT_EQ(value_to_recover(mirror, 51, "0123456789ab"), std::nullopt);
  EXPECT_EQ(value_to_recover(mirror, 1, "ffffffffffff"), std::nullopt);
  EXPECT_EQ(value_to_recover(std::nullopt, 1, "0123456789ab"), std::nullopt);
}

TEST_F(Mirror, AReaderThatOpenedItBeforeTwoWritesStillReadsAWholeOne) {
  show(1);
  show(2);
  const unique_fd early(::open(file().c_str(), O_RDONLY | O_CLOEXEC));
  show(3);
  show(4);
  std::array<char, 256> bytes{};
  const auto size = ::read(early.get(), bytes.data(), bytes.size());
  ASSERT_GE(size, 0);
  const auto read = parse_mirror({bytes.data(), static_cast<std::size_t>(size)});
  ASSERT_TRUE(read) << "a torn file of " << size << " bytes";
  EXPECT_EQ(read->value, 2U) << "what was opened is what is read";
}

TEST_F(Mirror, ASpareThatAKilledWriterLeftDoesNotMatter) {
  show(1);
  for (const char* left : {"", "{\"value\": 99"}) {
    std::ofstream(home() / "queue" / "mirror.spare", std::ios::trunc) << left;
    show(shown() + 1);
  }
  EXPECT_EQ(shown(), 3U);
}

TEST_F(Mirror, AFolderInItsPlaceHoldsUpNeitherTheNextWriteNorThoseAfterIt) {
  for (const bool holds_something : {false, true}) {
    std::filesystem::remove_all(home() / "clock.json");
    std::filesystem::create_directory(home() / "clock.json");
    if (holds_something)
      std::ofstream(home() / "clock.json" / "mine") << "x";
    for (std::uint64_t value = 1; value < 4; ++value) {
      show(value);
      EXPECT_EQ(shown(), value);
    }
  }
  EXPECT_TRUE(std::filesystem::exists(home() / "clock.json.folder" / "mine"));
}

TEST_F(Mirror, ConcurrentWritersNeverShowATornOrALowerValue) {
  show(1);
  std::vector<pid_t> writers;
  for (std::uint64_t i = 0; i < 3; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      for (std::uint64_t value = 2 + i; value < 2000; value += 3)
        (void)write_mirror(home(), {value, "0123456789ab", 1770000000000000});
      ::_exit(0);
    }
    writers.push_back(child);
  }
  std::uint64_t last = 0;
  for (std::size_t ended = 0; ended < writers.size();) {
    const auto mirror = read_mirror(home());
    ASSERT_TRUE(mirror) << "torn after " << last;
    ASSERT_GE(mirror->value, last);
    last = mirror->value;
    if (::waitpid(-1, nullptr, WNOHANG) > 0)
      ++ended;
  }
  EXPECT_GT(shown(), 1990U);
}

} // namespace
} // namespace spec_kitty
