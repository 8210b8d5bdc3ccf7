// A store that is damaged, newer, or mirrored wrongly: status 6, one clear line, nothing touched.
#include "actors/queue/environment.hpp"
#include "actors/queue/records.hpp"
#include "tests/support/cli_test.hpp"

#include <random>

namespace spec_kitty::support {
namespace {

namespace fs = std::filesystem;

struct BadStore : cli_test {
  fs::path data() const { return home() / "queue" / "env" / "data.mdb"; }

  /// Every command that opens the store says so, in one object and in two lines.
  void expect_unusable(const std::string& code, const std::string& remedy) const {
    const std::string before = read_text(data());
    const std::vector<words> commands = {
        {"sync", "status"}, {"sync", "now"},
        {"events", "list"}, {"events", "stats"},
        {"clock", "show"},  {"emit", "WPStatusChanged", "--payload", good_payload}};
    for (const auto& each : commands) {
      const auto answer = json_of(each, 6);
      EXPECT_EQ(error_part(answer, "code"), code) << to_text(answer);
      EXPECT_NE(error_part(answer, "message").find(home().string()), std::string::npos);
      EXPECT_NE(error_part(answer, "hint").find(remedy), std::string::npos) << to_text(answer);
      const auto in_words = cli(each);
      EXPECT_EQ(in_words.status, 6);
      EXPECT_EQ(lines_of(in_words.err).size(), 2U) << in_words.err;
    }
    EXPECT_EQ(read_text(data()), before) << "evidence was destroyed";
  }
};

TEST_F(BadStore, GarbageInPlaceOfTheStore) {
  server_set();
  emit(20);
  std::mt19937 random(1);
  std::string garbage(fs::file_size(data()), '\0');
  for (char& byte : garbage)
    byte = static_cast<char>(random());
  write_text(data(), garbage);
  expect_unusable("store_corrupt", "sync repair");
}

TEST_F(BadStore, AStoreThatWasCutShort) {
  server_set();
  emit(200);
  const std::string whole = read_text(data());
  for (const std::size_t left : {std::size_t{8192}, whole.size() / 2}) {
    write_text(data(), whole.substr(0, left));
    expect_unusable("store_corrupt", "sync repair");
  }
  write_text(data(), whole);
  EXPECT_EQ(lines_of(cli({"events", "export"}).out).size(), 200U);
}

TEST_F(BadStore, AStoreThatIsCutShortUnderARunningStreamEndsItWithTheRemedy) {
  child stream(command({"emit", "--stdin"}));
  ASSERT_TRUE(stream.write(stdin_line(1)));
  ASSERT_TRUE(stream.next_line());
  fs::resize_file(data(), 8192);
  ASSERT_TRUE(stream.write(stdin_line(2)));
  stream.close_input();
  const auto done = stream.wait();
  EXPECT_EQ(done.signal, 0) << "a bus error killed it";
  EXPECT_EQ(done.status, 6);
  EXPECT_NE((done.out + done.err).find("sync repair"), std::string::npos) << done.out << done.err;
}

TEST_F(BadStore, AStreamOntoACorruptStoreIsStatusSixAndKeepsEveryLineForLater) {
  emit();
  write_text(data(), std::string(100'000, 'x'));
  const auto done = cli({"emit", "--stdin"}, stdin_line(1) + stdin_line(2));
  EXPECT_EQ(done.status, 6);
  const auto answers = lines_of(done.out);
  ASSERT_EQ(answers.size(), 2U);
  for (const auto& answer : answers)
    EXPECT_EQ(answer, R"({"spilled":true})");
  EXPECT_NE(done.err.find("sync repair"), std::string::npos) << "the remedy: " << done.err;
  fs::rename(data().parent_path(), root() / "rescued");
  emit();
  EXPECT_EQ(lines_of(cli({"events", "export"}).out).size(), 3U);
}

TEST_F(BadStore, TheRemedyWorksAndTheClockOfThisUserIsNeverUsedTwice) {
  const fs::path usual = root() / "user" / ".spec-kitty"; // its node id is the user's, not random
  env["SPEC_KITTY_HOME"] = usual.string();
  emit(5);
  const fs::path store = usual / "queue" / "env";
  write_text(store / "data.mdb", std::string(100'000, 'x'));
  EXPECT_EQ(cli({"emit", "WPStatusChanged", "--payload", good_payload}).status, 6);
  fs::rename(store, root() / "rescued");
  const auto answer = json_of({"emit", "WPStatusChanged", "--payload", good_payload});
  EXPECT_GT(number_in(answer, {"event", "lamport_clock"}), 5);
}

TEST_F(BadStore, ANewerStoreIsLeftAlone) {
  server_set();
  emit(3);
  {
    environment_options place;
    place.folder = home() / "queue";
    auto env = environment::open(place, open_mode::write, [](lmdb_txn&, const store_tables&) {});
    ASSERT_TRUE(env) << env.error().message;
    const auto patched = (*env)->write([](lmdb_txn& txn, const store_tables& tables) {
      txn.put(tables.main, schema_key, encode_schema(schema_version + 1));
      return true;
    });
    ASSERT_TRUE(patched) << patched.error().message;
  }
  expect_unusable("store_version", "newer spec-kitty");
}

TEST_F(BadStore, ACorruptMirrorIsRebuilt) {
  emit(4);
  for (const std::string mirror :
       {"", "{", "null", "{\"value\":\"many\"}", "{\"value\":-7,\"node_id\":\"x\"}", "\xff\xfe"}) {
    write_text(home() / "clock.json", mirror);
    const auto before = number_in(json_of({"clock", "show"}), {"value"});
    const auto answer = json_of({"emit", "WPStatusChanged", "--payload", good_payload});
    EXPECT_EQ(number_in(answer, {"event", "lamport_clock"}), before + 1);
    EXPECT_EQ(number_in(parsed(read_text(home() / "clock.json")), {"value"}), before + 1);
  }
}

TEST_F(BadStore, AMirrorThatIsAheadIsMergedAndOneOfAnotherNodeIsNot) {
  emit(2);
  const auto node = *text_of(json_of({"clock", "show"}), "node_id");
  const auto mirror = [&](const std::string& node_id) {
    write_text(home() / "clock.json", R"({"value":500,"node_id":")" + node_id +
                                          R"(","updated_at":"2026-01-01T00:00:00.000000Z"})");
    emit();
    return number_in(json_of({"clock", "show"}), {"value"});
  };
  EXPECT_EQ(mirror("000000000000"), 3);
  EXPECT_GT(mirror(node), 500);
}

TEST_F(BadStore, AFolderInPlaceOfAFileIsNamed) {
  fs::create_directories(home() / "config.toml");
  EXPECT_NE(error_part(json_of({"sync", "status"}, 6), "message").find("config.toml"),
            std::string::npos);
}

TEST_F(BadStore, AFileInPlaceOfTheHomeIsNamed) {
  write_text(home(), "I am a file\n");
  const auto answer = json_of({"emit", "WPStatusChanged", "--payload", good_payload}, 6);
  EXPECT_NE(error_part(answer, "message").find(home().string()), std::string::npos);
  EXPECT_EQ(error_part(answer, "hint").find("move it away: mv " + home().string()), 0U);
  EXPECT_EQ(read_text(home()), "I am a file\n");
}

} // namespace
} // namespace spec_kitty::support
