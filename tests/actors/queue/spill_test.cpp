// Spill files: what is written is read back; what is torn or changed is noticed line by line.
#include "actors/queue/spill.hpp"

#include "app/chaos/process.hpp"
#include "tests/actors/queue/store_fixture.hpp"

#include <sys/stat.h>

namespace spec_kitty {
namespace {

namespace fs = std::filesystem;

std::vector<spilled_event> some_events(std::size_t count) {
  std::vector<spilled_event> events;
  for (const auto& draft : drafts_of(count))
    events.push_back({draft, static_cast<epoch_us>(1000 + events.size()), {}});
  return events;
}

TEST(Spill, EveryFieldComesBack) {
  spilled_event event{draft_of("team-a", "line one\\nline two"), 1770000000000001,
                      "01ARZ3NDEKTSV4RRFFQ69G5FAV"};
  event.draft.causation_id = "01ARZ3NDEKTSV4RRFFQ69G5FAW";
  event.draft.project_uuid = "11111111-2222-3333-4444-555555555555";
  event.draft.project_slug = "web";
  event.draft.project_key = *event.draft.project_uuid;
  event.draft.project_name = "Web";
  event.draft.feature_slug = "001-tea";
  event.draft.project_aliases = {"git:1", "git:2"};
  event.draft.project_parent = "git:3";
  event.draft.project_in_doubt = true;
  const auto read = parse_spill(render_spill(std::vector{event}));
  ASSERT_EQ(read.events.size(), 1U);
  EXPECT_EQ(read.damaged, 0U);
  const auto& back = read.events.front();
  EXPECT_EQ(back.event_id, event.event_id);
  EXPECT_EQ(back.recorded_at, event.recorded_at);
  EXPECT_EQ(render_tail(back.draft), render_tail(event.draft));
  EXPECT_EQ(back.draft.team_slug, "team-a");
  EXPECT_EQ(back.draft.project_key, event.draft.project_key);
  EXPECT_EQ(back.draft.project_name, "Web");
  EXPECT_EQ(back.draft.project_aliases, event.draft.project_aliases);
  EXPECT_EQ(back.draft.project_parent, "git:3");
  EXPECT_TRUE(back.draft.project_in_doubt);
}

TEST(Spill, OnlyAKeyOfTheRightLengthComesBack) {
  spilled_event event{draft_of(), 1, {}};
  const auto key = announcement_key("project", "001-tea", "WP01");
  event.draft.dedup_keys = {"account", key, key + "x"}; // "account" is a row of its own
  EXPECT_EQ(parse_spill(render_spill(std::vector{event})).events.at(0).draft.dedup_keys,
            std::vector{key});
}

TEST(Spill, NumbersComeBackDigitForDigit) {
  spilled_event event{draft_of(), 1, {}};
  event.draft.payload = R"({"n":[1.10,1E5,12345678901234567890123]})";
  EXPECT_EQ(parse_spill(render_spill(std::vector{event})).events.at(0).draft.payload,
            event.draft.payload);
}

TEST(Spill, AnEventWhoseTextIsNotJsonIsNotWritten) {
  const support::temporary_folder folder;
  auto events = some_events(2);
  events[1].draft.payload = R"({"wp_id":"WP01","x":)";
  EXPECT_FALSE(write_spill(folder.path(), events, 1'000'000));
  EXPECT_TRUE(spill_files(folder.path()).empty());
}

TEST(Spill, ATornOrChangedLineIsCountedAndTheOthersAreRead) {
  const std::string text = render_spill(some_events(3));
  std::string changed = text;
  changed[text.find("n1")] = 'm';
  EXPECT_EQ(parse_spill(changed).events.size(), 2U);
  EXPECT_EQ(parse_spill(changed).damaged, 1U);
  for (std::size_t cut = 1; cut < 40; ++cut) {
    const auto torn = parse_spill(text.substr(0, text.size() - cut));
    EXPECT_EQ(torn.events.size(), 2U) << cut;
    EXPECT_EQ(torn.damaged, 1U) << cut;
  }
  EXPECT_EQ(parse_spill("").damaged, 0U);
}

TEST(Spill, AFileIsReadInPiecesAsItIsReadAtOnce) {
  const support::temporary_folder folder;
  auto events = some_events(5);
  events[2].draft.payload = R"({"n":")" + std::string(200'000, 'x') + R"("})";
  const std::string text = render_spill(events) + "torn";
  support::write_text(folder.path() / "a", text);
  const auto read = read_spill(folder.path() / "a");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->damaged, 1U);
  ASSERT_EQ(read->events.size(), 5U);
  EXPECT_EQ(render_spill(read->events) + "torn", text);
}

TEST(Spill, WhatIsNotAFileOfItsSizeIsNotRead) {
  const support::temporary_folder folder;
  support::write_text(folder.path() / "huge", "");
  fs::resize_file(folder.path() / "huge", std::uintmax_t{100} << 30); // it takes no space
  EXPECT_FALSE(read_spill(folder.path() / "huge"));
  ASSERT_EQ(::mkfifo((folder.path() / "fifo").c_str(), 0600), 0);
  EXPECT_FALSE(read_spill(folder.path() / "fifo"));
  fs::create_symlink("huge", folder.path() / "link");
  EXPECT_FALSE(read_spill(folder.path() / "link"));
  EXPECT_FALSE(read_spill(folder.path()));
  EXPECT_FALSE(read_spill(folder.path() / "missing"));
}

TEST(Spill, FilesAreCountedByNameAndListedInOrderOfTime) {
  const support::temporary_folder folder;
  ASSERT_TRUE(write_spill(folder.path(), some_events(3), 2'000'000));
  ASSERT_TRUE(write_spill(folder.path(), some_events(1), 1'000'000));
  support::write_text(folder.path() / "spill" / "note.txt", "of somebody else");
  const auto files = spill_files(folder.path());
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].events, 1U);
  EXPECT_EQ(files[1].events, 3U);
  const auto mode = fs::status(files[0].path).permissions();
  EXPECT_EQ(mode & fs::perms::all, fs::perms::owner_read | fs::perms::owner_write);
}

TEST(Spill, AHomeWithoutAFolderHasNone) {
  EXPECT_TRUE(spill_files("/nonexistent/home").empty());
  EXPECT_TRUE(damaged_spill_files("/nonexistent/home").empty());
}

} // namespace
} // namespace spec_kitty
