// The intent as text, and the table that says what is done about one that is found.
#include "app/workflow/intents/decision.hpp"
#include "app/workflow/intents/shown.hpp"
#include "util/sha256.hpp"

#include <gtest/gtest.h>

namespace spec_kitty::workflow {
namespace {

intent full_intent() {
  intent record;
  record.id = "01KBAYJ0000000000000000001";
  record.at = 1'764'000'000'000'000;
  record.command = "agent tasks move-task WP01 --to doing";
  record.checkout = "/tmp/a b%\xff";
  record.ref = "refs/heads/main";
  record.before = std::string(40, 'a');
  record.subject = "chore: Move WP01";
  record.files = {{"kitty-specs/001-tea/tasks/WP01-\xc3\xbc \xff.md", sha256_hex("old"),
                   sha256_hex("new"), 0640},
                  {"kitty-specs/001-tea/meta.json", std::nullopt, sha256_hex("{}"), 0644}};
  record.transitions = {{"WPStatusChanged",
                         R"({"wp_id":"WP01"})",
                         "01KBAYJ0000000000000000002",
                         "001-tea",
                         0,
                         {"lane", "", "doing"}},
                        {"FeatureCompleted",
                         R"({"feature_slug":"001-tea"})",
                         std::nullopt,
                         "",
                         1,
                         {"meta", "accepted_at", "2026-01-01T00:00:00Z"}}};
  record.git = process_identity{4711, 99, "4e1e2a52-0000-0000-0000-000000000000"};
  record.state = intent_state::recording;
  record.home = "f00d";
  return record;
}

TEST(Intent, ReadsBackWhatItWrote) {
  for (const auto how : {intent_way::commit, intent_way::files, intent_way::ref})
    for (const auto state :
         {intent_state::begun, intent_state::recording, intent_state::unrecorded}) {
      auto record = full_intent();
      record.how = how;
      record.state = state;
      if (how == intent_way::ref)
        record.to = std::string(64, 'b');
      const auto again = decode_intent(encode(record));
      ASSERT_TRUE(again) << again.error().message;
      EXPECT_EQ(*again, record);
    }
  intent bare = full_intent();
  bare.git.reset();
  bare.home.reset();
  bare.before.reset();
  bare.files.clear();
  bare.transitions.clear();
  const auto again = decode_intent(encode(bare));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(*again, bare);
}

TEST(Intent, RefusesWhatItWouldNotWrite) {
  const auto refused = [](auto change) {
    auto record = full_intent();
    change(record);
    const auto read = decode_intent(encode(record));
    return !read && read.error().code == ec::bad_input;
  };
  EXPECT_TRUE(refused([](intent& record) { record.id = "../../etc/passwd"; }));
  EXPECT_TRUE(refused([](intent& record) { record.at = 0; }));
  EXPECT_TRUE(refused([](intent& record) { record.checkout = "relative"; }));
  EXPECT_TRUE(refused([](intent& record) { record.ref = "--upload-pack=x"; }));
  EXPECT_TRUE(refused([](intent& record) { record.before = "HEAD"; }));
  EXPECT_TRUE(refused([](intent& record) { record.subject = ""; }));
  EXPECT_TRUE(refused([](intent& record) { record.how = intent_way::ref; }));
  EXPECT_TRUE(refused([](intent& record) { record.files[0].path = "/etc/passwd"; }));
  EXPECT_TRUE(refused([](intent& record) { record.files[0].path = "a/../../b"; }));
  EXPECT_TRUE(refused([](intent& record) { record.files[0].path = ""; }));
  EXPECT_TRUE(refused([](intent& record) { record.files[0].after = "short"; }));
  EXPECT_TRUE(refused([](intent& record) { record.files[0].mode = 1U << 20U; }));
  EXPECT_TRUE(refused([](intent& record) { record.transitions[0].file = 2; }));
  EXPECT_TRUE(refused([](intent& record) { record.transitions[0].event_type = "Other"; }));
  EXPECT_TRUE(refused([](intent& record) { record.transitions[0].payload = "[]"; }));
  EXPECT_TRUE(refused([](intent& record) { record.transitions[0].causation_id = "no"; }));
  EXPECT_TRUE(refused([](intent& record) { record.git->pid = 0; }));
}

TEST(Intent, EveryCutTextIsRefused) {
  const auto text = encode(full_intent());
  for (std::size_t size = 0; size + 2 < text.size(); ++size)
    EXPECT_FALSE(decode_intent(text.substr(0, size))) << size;
}

TEST(Intent, ALaterVersionIsToldFromDamage) {
  auto text = encode(full_intent());
  text.replace(text.find("\"v\":1"), 5, "\"v\":2");
  const auto read = decode_intent(text);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ec::store_version);
}

struct decision_row {
  const char* name;
  intent_outcome outcome;
  intent_facts found;
};

TEST(Intent, TheTableOfSettlingSaysWhatIsDone) {
  using state = intent_state;
  using way = intent_way;
  using git = git_condition;
  using outcome = intent_outcome;
  // expired, state, how, own home, git, ref, has commit, had commit, tip is before, tip shows all
  const decision_row rows[] = {
      {"older than 30 days",
       outcome::ask,
       {true, state::recording, way::commit, true, git::ended, true, true, true, false, true}},
      {"git was never released",
       outcome::take_back,
       {false, state::begun, way::commit, false, git::not_started, true, false, false, true, true}},
      {"no branch was moved yet",
       outcome::take_back,
       {false, state::begun, way::ref, false, git::not_started, true, true, true, false, true}},
      {"git still runs",
       outcome::wait,
       {false, state::begun, way::commit, false, git::running, true, true, true, false, true}},
      {"the commit is in the branch",
       outcome::record,
       {false, state::begun, way::commit, false, git::ended, true, true, false, false, false}},
      {"amended",
       outcome::record,
       {false, state::begun, way::commit, false, git::ended, true, false, true, false, true}},
      {"reset away",
       outcome::take_back,
       {false, state::begun, way::commit, false, git::ended, true, false, true, false, false}},
      {"nothing to commit",
       outcome::record,
       {false, state::begun, way::commit, false, git::ended, true, false, false, true, true}},
      {"git was killed before the commit",
       outcome::take_back,
       {false, state::begun, way::commit, false, git::ended, true, false, false, true, false}},
      {"somebody else moved the branch",
       outcome::take_back,
       {false, state::begun, way::commit, false, git::ended, true, false, false, false, true}},
      {"the branch is gone",
       outcome::take_back,
       {false, state::begun, way::commit, false, git::ended, false, true, true, true, true}},
      {"merged",
       outcome::record,
       {false, state::begun, way::ref, false, git::ended, true, true, false, false, false}},
      {"merged and amended",
       outcome::record,
       {false, state::begun, way::ref, false, git::ended, true, false, true, false, true}},
      {"not merged",
       outcome::take_back,
       {false, state::begun, way::ref, false, git::ended, true, false, false, true, true}},
      {"files only",
       outcome::judge_files,
       {false, state::begun, way::files, false, git::not_started, false, false, false, false,
        false}},
      {"being recorded here",
       outcome::record,
       {false, state::recording, way::files, true, git::not_started, false, false, false, false,
        false}},
      {"being recorded elsewhere",
       outcome::leave,
       {false, state::recording, way::commit, false, git::ended, true, true, true, false, true}},
      {"no home could be used",
       outcome::record,
       {false, state::unrecorded, way::commit, false, git::ended, true, false, false, false,
        false}},
  };
  for (const auto& row : rows)
    EXPECT_EQ(static_cast<int>(decide(row.found)), static_cast<int>(row.outcome)) << row.name;
}

TEST(Intent, AFileShowsALaneABoxALineOrAMember) {
  const std::string text = "---\nlane: \"doing\"\n---\n\n## Activity Log\n\n- a line\r\n- b\n";
  EXPECT_TRUE(shows(text, {"lane", "", "doing"}));
  EXPECT_FALSE(shows(text, {"lane", "", "done"}));
  EXPECT_FALSE(shows("<<<<<<< HEAD\nlane: doing\n", {"lane", "", "doing"}));
  EXPECT_TRUE(shows(text, {"log", "", "- a line"}));
  EXPECT_FALSE(shows(text, {"log", "", "- a"}));
  const std::string boxes = "## Work Package WP01\n\n- [x] T001 a\n- [ ] T002 b\n- [x] T002 b\n";
  EXPECT_TRUE(shows(boxes, {"box", "T001", "done"}));
  EXPECT_FALSE(shows(boxes, {"box", "T001", "pending"}));
  EXPECT_FALSE(shows(boxes, {"box", "T002", "done"}));
  EXPECT_FALSE(shows(boxes, {"box", "T009", "pending"}));
  EXPECT_TRUE(shows(R"({"accepted_at": "now"})", {"meta", "accepted_at", "now"}));
  EXPECT_FALSE(shows(R"({"accepted_at": "then"})", {"meta", "accepted_at", "now"}));
  EXPECT_FALSE(shows("{", {"meta", "accepted_at", ""}));
}

} // namespace
} // namespace spec_kitty::workflow
