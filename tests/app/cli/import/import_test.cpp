// spec-kitty events import: JSON lines, gzip of them, overflow files.
#include "tests/app/cli/import/import_fixture.hpp"
#include "util/gzip.hpp"

namespace spec_kitty::support {
namespace {

struct Import : import_test {
  /// Lines that another home exported; this one is empty afterwards.
  std::string exported_elsewhere(int count) {
    emit(count);
    auto lines = cli({"events", "export"}).out;
    std::filesystem::remove_all(home());
    return lines;
  }
  json_document import(const std::string& name, int status = 0) const {
    return json_of({"events", "import", file(name)}, status);
  }
};

TEST_F(Import, AnExportGoesIntoAnotherHomeAndComesOutByteForByte) {
  const auto lines = exported_elsewhere(2500);
  write_text(file("a.jsonl"), lines);
  const auto answer = import("a.jsonl");
  EXPECT_EQ(number_in(answer, {"imported"}), 2500);
  EXPECT_TRUE(cli({"events", "export"}).out == lines); // too long to be printed
  emit();
  EXPECT_EQ(number_in(parsed(exported().back()), {"lamport_clock"}), 2501);
}

TEST_F(Import, AgainPassesOverWhatIsHere) {
  const auto lines = exported_elsewhere(3);
  write_text(file("a.jsonl"), lines);
  import("a.jsonl");
  const auto answer = import("a.jsonl");
  EXPECT_EQ(number_in(answer, {"imported"}), 0);
  EXPECT_EQ(number_in(answer, {"skipped"}), 3);
  EXPECT_EQ(cli({"events", "import", file("a.jsonl")}).out,
            "0 events imported, 3 were already here\n");
  EXPECT_EQ(cli({"events", "export"}).out, lines);
}

TEST_F(Import, DeadLettersAreExportedAtTheirPlaceAndComeBackQueued) {
  logged_in({"--reject-type", "WPStatusChanged"});
  env["SPEC_KITTY_SYNC_MAX_RETRIES"] = "1";
  EXPECT_EQ(cli({"emit", "WPStatusChanged", "--payload", good_payload}).status, 0);
  EXPECT_EQ(cli({"sync", "now"}).status, 5);
  emit(2);
  const auto all = exported();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_NE(all[0].find("WPStatusChanged"), std::string::npos) << "it was recorded first";
  EXPECT_EQ(lines_of(cli({"events", "export", "--state", "dead"}).out), words{all[0]});
  write_text(file("a.jsonl"), cli({"events", "export"}).out);
  EXPECT_EQ(number_in(import("a.jsonl"), {"skipped"}), 3) << "a dead letter is here already";
  std::filesystem::remove_all(home());
  import("a.jsonl");
  EXPECT_EQ(exported(), all);
  EXPECT_EQ(cli({"events", "export", "--state", "dead"}).out, "");
}

TEST_F(Import, ReadsStdinAndGzipWhateverTheFileIsCalled) {
  const auto lines = exported_elsewhere(5);
  EXPECT_EQ(number_in(json_of({"events", "import", "-"}, 0, gzip(lines)), {"imported"}), 5);
  EXPECT_EQ(number_in(json_of({"events", "import", "-"}, 0, lines + "\n  \n"), {"skipped"}), 5);
  write_text(file("queue.db"), gzip(lines.substr(0, 700)) + gzip(lines.substr(700)));
  EXPECT_EQ(number_in(import("queue.db"), {"skipped"}), 5);
  EXPECT_EQ(cli({"events", "export"}).out, lines);
}

TEST_F(Import, InvalidLinesAreNamedOneByOneAndTheGoodOnesTaken) {
  auto lines = lines_of(exported_elsewhere(4));
  const auto second = ids_of(lines)[1];
  lines[1].replace(lines[1].find("WP01"), 4, "WP1_");
  lines.insert(lines.begin() + 2, "no JSON");
  std::string text;
  for (const auto& line : lines)
    text += line + "\n";
  write_text(file("a.jsonl"), text);
  const auto answer = import("a.jsonl", 1);
  EXPECT_EQ(number_in(answer, {"imported"}), 3);
  EXPECT_EQ(number_in(answer, {"invalid"}), 2);
  EXPECT_EQ(error_part(answer, "code"), "invalid_event");
  const auto& errors = *member(answer, "errors");
  EXPECT_EQ(number_in(errors[0], {"line"}), 2);
  EXPECT_EQ(text_of(errors[0], "event_id"), second);
  EXPECT_NE(text_of(errors[0], "message")->find("aggregate_id"), std::string::npos);
  EXPECT_EQ(number_in(errors[1], {"line"}), 3);
  EXPECT_TRUE(member(errors[1], "event_id")->IsNull());
  const auto reply = cli({"events", "import", file("a.jsonl")});
  EXPECT_EQ(reply.status, 1);
  EXPECT_NE(reply.err.find("warning: line 2, " + second), std::string::npos) << reply.err;
  EXPECT_NE(reply.err.find("warning: line 3: "), std::string::npos) << reply.err;
}

TEST_F(Import, AConflictIsNamedAndTheStoredEventStays) {
  const auto lines = exported_elsewhere(2);
  write_text(file("a.jsonl"), lines);
  import("a.jsonl");
  auto other = lines;
  other.replace(other.find("number 0"), 8, "NUMBER 0");
  write_text(file("b.jsonl"), other);
  const auto answer = import("b.jsonl", 1);
  EXPECT_EQ(number_in(answer, {"skipped"}), 1);
  ASSERT_EQ(member(answer, "conflicts")->Size(), 1U);
  const auto& conflict = (*member(answer, "conflicts"))[0];
  EXPECT_EQ(text_of(conflict, "event_id"), ids_of(lines_of(lines))[0]);
  EXPECT_NE(text_of(conflict, "message")->find("payload"), std::string::npos);
  EXPECT_EQ(cli({"events", "export"}).out, lines);
}

TEST_F(Import, PastTheCapNothingIsTakenAndTheRemedyWorks) {
  const auto lines = exported_elsewhere(60);
  write_text(file("a.jsonl"), lines + lines); // twice in the file is once in the queue
  EXPECT_EQ(cli({"config", "set", "sync.max_queue_size", "50"}).status, 0);
  emit(7);
  const auto answer = import("a.jsonl", 1);
  EXPECT_EQ(error_part(answer, "code"), "queue_full");
  EXPECT_EQ(error_part(answer, "hint"), "run: spec-kitty config set sync.max_queue_size 67");
  EXPECT_EQ(exported().size(), 7U);
  EXPECT_EQ(number_in(json_of({"events", "stats"}), {"dropped_total"}), 0);
  EXPECT_EQ(cli({"config", "set", "sync.max_queue_size", "67"}).status, 0);
  EXPECT_EQ(number_in(import("a.jsonl"), {"imported"}), 60);
  EXPECT_EQ(number_in(import("a.jsonl"), {"skipped"}), 120) << "full, but nothing is new";
}

TEST_F(Import, AnOverflowFileComesBackWholeAndIsSetAside) {
  EXPECT_EQ(cli({"config", "set", "sync.max_queue_size", "200"}).status, 0);
  emit(200);
  const auto before = exported();
  env["SPEC_KITTY_SYNC_OVERFLOW"] = "evict_oldest";
  emit(1);
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(home() / "overflow"))
    found.push_back(entry.path());
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(cli({"config", "set", "sync.max_queue_size", "300"}).status, 0);
  const auto answer = json_of({"events", "import", found[0].string()});
  EXPECT_EQ(number_in(answer, {"imported"}), 2);
  EXPECT_EQ(number_in(answer, {"restamped"}), 0);
  const auto after = exported();
  ASSERT_EQ(after.size(), 201U);
  EXPECT_EQ(after[199], before[0]);
  EXPECT_EQ(after[200], before[1]);
  EXPECT_FALSE(std::filesystem::exists(found[0]));
  EXPECT_TRUE(std::filesystem::exists(home() / "overflow/imported" / found[0].filename()));
}

TEST_F(Import, EventsOfAnOptedOutProjectStayHeld) {
  std::filesystem::create_directory(work() / ".kittify");
  write_text(work() / ".kittify/config.yaml",
             "project:\n  uuid: 6f1e1c1e-0000-4000-8000-000000000001\n  slug: alpha\n");
  support::run(
      {.argv = {"git", "init", "-q", work().string()}, .env = {}, .cwd = work(), .input = {}});
  logged_in();
  const auto lines = [&] {
    emit(2);
    return cli({"events", "export"}).out;
  }();
  ASSERT_NE(lines.find("6f1e1c1e-0000"), std::string::npos);
  cli({"sync", "now"});
  ASSERT_EQ(exported().size(), 0U);
  EXPECT_EQ(cli({"sync", "opt-out"}).status, 0);
  write_text(file("a.jsonl"), lines);
  import("a.jsonl");
  EXPECT_EQ(lines_of(cli({"events", "export", "--state", "held"}).out).size(), 2U);
}

TEST_F(Import, WhatIsNoImportIsRefusedBeforeAHomeIsMade) {
  write_text(file("picture"), std::string("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16));
  const auto answer = import("picture", 1);
  EXPECT_NE(error_part(answer, "message").find("neither JSON lines"), std::string::npos);
  EXPECT_NE(error_part(import("missing", 1), "message").find("No such file"), std::string::npos);
  std::filesystem::create_directory(file("folder"));
  EXPECT_NE(error_part(import("folder", 1), "message").find("Is a directory"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(home()));
}

TEST_F(Import, AGzipFileThatIsCutShortIsRefusedAsAWhole) {
  const auto packed = gzip(exported_elsewhere(50));
  write_text(file("a.gz"), std::string_view(packed).substr(0, packed.size() / 2));
  const auto answer = import("a.gz", 1);
  EXPECT_NE(error_part(answer, "message").find("truncated"), std::string::npos);
  EXPECT_NE(error_part(answer, "hint"), "");
  EXPECT_EQ(exported().size(), 0U);
}

TEST_F(Import, ALineWithoutEndIsNamedAndFillsNoMemory) {
  const auto lines = exported_elsewhere(1);
  write_text(file("a.jsonl"), std::string(std::size_t{17} << 20, '{') + "\n" + lines);
  const auto answer = import("a.jsonl", 1);
  EXPECT_EQ(number_in(answer, {"imported"}), 1);
  EXPECT_EQ(number_in((*member(answer, "errors"))[0], {"line"}), 1);
}

} // namespace
} // namespace spec_kitty::support
