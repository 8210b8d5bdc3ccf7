// spec-kitty events import: the older tool's queue.db.
#include "tests/app/cli/import/import_fixture.hpp"

namespace spec_kitty::support {
namespace {

struct ImportQueueDb : import_test {
  json_document import(int status = 0) const {
    return json_of({"events", "import", file("queue.db")}, status);
  }
  std::string refusal() const { return error_part(import(1), "message"); }
};

TEST_F(ImportQueueDb, EveryRowComesInItsOrderWithItsCount) {
  const auto ids = queue_db(40);
  EXPECT_EQ(number_in(import(), {"imported"}), 40);
  EXPECT_EQ(ids_of(exported()), ids);
  const auto listed = json_of({"events", "list"});
  for (rapidjson::SizeType i = 0; i < 40; ++i) {
    const auto& entry = (*member(listed, "events"))[i];
    EXPECT_EQ(number_in(entry, {"retry_count"}), (i + 1) % 4);
    EXPECT_EQ(number_in(entry, {"event", "lamport_clock"}), i + 1);
    EXPECT_EQ(text_of(*member(entry, "event"), "team_slug"), "local") << "none was given";
    EXPECT_EQ(text_of(*member(entry, "event"), "git_branch"), "main") << "unknown fields stay";
  }
}

TEST_F(ImportQueueDb, KilledInTheMiddleAndRunAgainItIsCompleteOnceAndInOrder) {
  expect_whole_after_a_kill(10'000);
}

TEST_F(ImportQueueDb, NothingIsWrittenBesideIt) {
  queue_db(10);
  const auto before = contents(root());
  import();
  EXPECT_EQ(contents(root()), before);
}

TEST_F(ImportQueueDb, RowsInItsLogAreSeenAndTheLogIsLeftAlone) {
  const auto ids = queue_db(300, {"--leave", "wal"});
  ASSERT_GT(std::filesystem::file_size(file("queue.db-wal")), 100'000U);
  std::filesystem::remove(file("queue.db-shm")); // as a copy of the two files would be
  const auto before = contents(root());
  import();
  EXPECT_EQ(ids_of(exported()), ids);
  EXPECT_EQ(contents(root()), before);
}

TEST_F(ImportQueueDb, WhatATransactionThatWasCutOffWroteIsNotRead) {
  const auto ids = queue_db(3000, {"--leave", "journal"});
  ASSERT_TRUE(std::filesystem::exists(file("queue.db-journal")));
  const auto before = contents(root());
  EXPECT_EQ(number_in(import(), {"imported"}), 3000);
  EXPECT_EQ(ids_of(exported()), ids);
  EXPECT_EQ(contents(root()), before);
}

TEST_F(ImportQueueDb, NoCopyIsLeftBehind) {
  std::filesystem::create_directory(file("tmp"));
  env["TMPDIR"] = file("tmp");
  queue_db(300, {"--leave", "wal"});
  import();
  EXPECT_TRUE(std::filesystem::is_empty(file("tmp")));
}

TEST_F(ImportQueueDb, ADamagedOneIsRefusedAsAWholeAndTheRescueNamed) {
  queue_db(2000);
  auto bytes = read_text(file("queue.db"));
  bytes.replace(bytes.size() / 2, 8192, std::string(8192, 'x'));
  write_text(file("queue.db"), bytes);
  const auto answer = import(1);
  EXPECT_EQ(error_part(answer, "code"), "bad_input");
  EXPECT_NE(error_part(answer, "message").find("queue.db"), std::string::npos);
  EXPECT_NE(error_part(answer, "hint").find(".recover"), std::string::npos);
  EXPECT_EQ(exported().size(), 0U);
  write_text(file("queue.db"), bytes.substr(0, 5000)); // cut short
  EXPECT_NE(refusal(), "");
}

TEST_F(ImportQueueDb, AForeignDatabaseIsToldByWhatItLacks) {
  queue_db(1, {"--sql", "ALTER TABLE queue RENAME TO rows"});
  EXPECT_NE(refusal().find("without a table queue"), std::string::npos);
  std::filesystem::remove(file("queue.db"));
  queue_db(1, {"--sql", "ALTER TABLE queue RENAME COLUMN data TO body"});
  EXPECT_NE(refusal().find("no column data"), std::string::npos);
}

TEST_F(ImportQueueDb, InvalidRowsAreNamedByTheirIdAndTheRestTaken) {
  const auto ids =
      queue_db(8, {"--sql", "UPDATE queue SET data = 'no JSON' WHERE id = 3", "--sql",
                   "UPDATE queue SET event_id = '01HF7YAT00V3RS3DTR98H6BCFN' WHERE id = 5", "--sql",
                   "UPDATE queue SET data = json_remove(data, '$.payload.wp_id') WHERE id = 6"});
  const auto answer = import(1);
  EXPECT_EQ(number_in(answer, {"imported"}), 5);
  const auto& errors = *member(answer, "errors");
  ASSERT_EQ(errors.Size(), 3U);
  EXPECT_EQ(number_in(errors[0], {"line"}), 3);
  EXPECT_EQ(text_of(errors[0], "event_id"), ids[2]);
  EXPECT_EQ(number_in(errors[1], {"line"}), 5);
  EXPECT_NE(text_of(errors[1], "message")->find("the row has"), std::string::npos);
  EXPECT_EQ(number_in(errors[2], {"line"}), 6);
  EXPECT_NE(text_of(errors[2], "message")->find("payload.wp_id"), std::string::npos);
  EXPECT_NE(cli({"events", "import", file("queue.db")}).err.find("row 3, " + ids[2]),
            std::string::npos);
}

TEST_F(ImportQueueDb, ItsNameMayHoldAnything) {
  const std::string odd = "a b?mode=rwc#%41 ü.txt";
  const auto ids = queue_db(2, {}, odd);
  EXPECT_EQ(number_in(json_of({"events", "import", file(odd)}), {"imported"}), 2);
  const auto bytes = read_text(file(odd));
  EXPECT_EQ(number_in(json_of({"events", "import", "-"}, 0, bytes), {"skipped"}), 2);
}

} // namespace
} // namespace spec_kitty::support
