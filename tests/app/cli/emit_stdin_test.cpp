// spec-kitty emit --stdin: a stream, one answer a line, in order, after the commit.
#include "tests/support/cli_test.hpp"

namespace spec_kitty::support {
namespace {

struct EmitStdin : cli_test {};

TEST_F(EmitStdin, AnswersEveryLineInOrder) {
  std::string input;
  for (int i = 0; i < 9000; ++i) // more than two bursts
    input += stdin_line(i);
  const auto done = cli({"emit", "--stdin"}, input);
  EXPECT_EQ(done.status, 0) << done.err;
  std::vector<std::string> answered = lines_of(done.out);
  ASSERT_EQ(answered.size(), 9000U);
  for (std::size_t i = 0; i < answered.size(); ++i)
    EXPECT_EQ(number_in(parsed(answered[i]), {"lamport_clock"}), static_cast<std::int64_t>(i + 1));
  const auto stored = lines_of(cli({"events", "export"}).out);
  EXPECT_EQ(ids_of(answered), ids_of(stored));
  EXPECT_NE(stored[8999].find("number 8999"), std::string::npos);
}

TEST_F(EmitStdin, ALineSaysTheFeatureOfItsEvent) {
  const auto line = [](const std::string& feature) {
    return R"({"event_type":"HistoryAdded","payload":{"wp_id":"WP01","entry_type":"note",)"
           R"("entry_content":"x"},"feature_slug":)" +
           feature + "}\n";
  };
  const auto done = cli({"emit", "--stdin"},
                        line("\"001-tea\"") + line("null") + line("7") + line("\"001-tea\""));
  EXPECT_EQ(done.status, 1) << "7 is not a slug";
  const auto stored = lines_of(cli({"events", "export"}).out);
  ASSERT_EQ(stored.size(), 3U);
  EXPECT_EQ(text_of(parsed(stored[0]), "feature_slug"), "001-tea");
  EXPECT_EQ(member(parsed(stored[1]), "feature_slug"), nullptr);
  EXPECT_EQ(text_of(parsed(stored[2]), "causation_id"), text_of(parsed(stored[0]), "event_id"));
}

TEST_F(EmitStdin, TheFeatureOfTheCommandIsThatOfLinesThatNameNone) {
  const std::string of_another =
      R"({"event_type":"WPStatusChanged","payload":{"wp_id":"WP01","previous_status":"planned",)"
      R"("new_status":"doing","feature_slug":"002-cup"}})"
      "\n";
  ASSERT_EQ(cli({"emit", "--stdin", "--feature", "001-tea"}, stdin_line(1) + of_another).status, 0);
  const auto stored = lines_of(cli({"events", "export"}).out);
  ASSERT_EQ(stored.size(), 2U);
  EXPECT_EQ(text_of(parsed(stored[0]), "feature_slug"), "001-tea");
  EXPECT_EQ(text_of(parsed(stored[1]), "feature_slug"), "002-cup");
}

TEST_F(EmitStdin, AnOptionOfOneEventIsRefusedAndNothingIsRecorded) {
  const auto done = cli({"emit", "--stdin", "--wp", "WP02"}, stdin_line(1));
  EXPECT_EQ(done.status, 2);
  EXPECT_NE(done.err.find("--wp excludes --stdin"), std::string::npos) << done.err;
}

TEST_F(EmitStdin, ABadLineInTheMiddleIsAnsweredByItsErrorAndTheOthersGoOn) {
  const std::vector<std::string> bad = {
      "this is not JSON\n",
      "[1,2,3]\n",
      "\n",
      "\"text\"\n",
      R"({"event_type":"WPTeleported","payload":{}})"
      "\n",
      R"({"event_type":"HistoryAdded"})"
      "\n",
      R"({"event_type":"HistoryAdded","payload":"text"})"
      "\n",
      R"({"event_type":"HistoryAdded","payload":{"wp_id":"WP1","entry_type":"note","entry_content":"x"}})"
      "\n",
      R"({"event_type":"HistoryAdded","payload":{},"colour":"red"})"
      "\n",
      "{\"event_type\":\"HistoryAdded\",\"payload\":{\"entry_content\":\"\xff\xfe\"}}\n",
      std::string(200'000, '[') + "\n",
      R"({"event_type":"HistoryAdded","payload":)" + std::string(200'000, '[') + "\n"};
  std::string input;
  for (std::size_t i = 0; i < bad.size(); ++i)
    input += stdin_line(static_cast<int>(i)) + bad[i];
  input += stdin_line(99);
  const auto done = cli({"emit", "--stdin"}, input);
  EXPECT_EQ(done.status, 1);
  const auto answers = lines_of(done.out);
  ASSERT_EQ(answers.size(), 2 * bad.size() + 1);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const auto answer = parsed(answers[i]);
    const bool good = i % 2 == 0;
    EXPECT_EQ(number_in(answer, {"lamport_clock"}),
              good ? static_cast<std::int64_t>(i / 2 + 1) : -1)
        << answers[i];
    EXPECT_EQ(error_part(answer, "message").empty(), good) << answers[i];
  }
  EXPECT_EQ(lines_of(cli({"events", "export"}).out).size(), bad.size() + 1);
}

TEST_F(EmitStdin, TheLastLineNeedsNoNewline) {
  std::string line = stdin_line(1);
  line.pop_back();
  const auto done = cli({"emit", "--stdin"}, stdin_line(0) + line);
  EXPECT_EQ(done.status, 0);
  EXPECT_EQ(lines_of(done.out).size(), 2U);
}

TEST_F(EmitStdin, NoInputIsSuccessAndMakesNoHome) {
  const auto done = cli({"emit", "--stdin"});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_EQ(done.out, "");
  EXPECT_FALSE(std::filesystem::exists(home()));
}

TEST_F(EmitStdin, AnswersALineWhileTheStreamIsStillOpen) {
  child stream(command({"emit", "--stdin"}));
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(stream.write(stdin_line(i)));
    const auto answer = stream.next_line();
    ASSERT_TRUE(answer) << "line " << i << " got no answer";
    // Another process sees it at once: the answer came after the commit.
    EXPECT_EQ(cli({"events", "show", ids_of({*answer}).front()}).status, 0);
  }
  stream.close_input();
  EXPECT_EQ(stream.wait().status, 0);
}

TEST_F(EmitStdin, LinesOfEveryLengthAreReadWhole) {
  std::string input;
  for (int i = 0; i < 40; ++i) { // over three times what is read at once
    const std::string long_note(static_cast<std::size_t>(i) * 4096, 'x');
    input += R"({"event_type":"HistoryAdded","payload":{"wp_id":"WP01","entry_type":"note",)"
             R"("entry_content":")" +
             std::to_string(i) + long_note + "\"}}\n" + (i % 2 == 0 ? "\n" : "");
  }
  const auto done = cli({"emit", "--stdin"}, input);
  EXPECT_EQ(done.status, 1) << "an empty line is refused";
  ASSERT_EQ(lines_of(done.out).size(), 60U);
  const auto stored = lines_of(cli({"events", "export"}).out);
  ASSERT_EQ(stored.size(), 40U);
  for (std::size_t i = 0; i < stored.size(); ++i)
    EXPECT_NE(stored[i].find(":\"" + std::to_string(i) + std::string(i * 4096, 'x') + "\""),
              std::string::npos);
}

TEST_F(EmitStdin, CauseAndAggregateAreTakenFromTheLine) {
  const std::string cause = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  const auto done =
      cli({"emit", "--stdin"}, R"({"event_type":"WPStatusChanged","payload":)" +
                                   std::string(good_payload) + R"(,"causation_id":")" + cause +
                                   R"(","aggregate_id":"042-x"})");
  ASSERT_EQ(done.status, 0) << done.out;
  const auto stored = parsed(cli({"events", "export"}).out);
  EXPECT_EQ(text_of(stored, "causation_id"), cause);
  EXPECT_EQ(text_of(stored, "aggregate_id"), "042-x");
}

TEST_F(EmitStdin, WhatIsAboveTheCapIsRefusedLineByLine) {
  env["SPEC_KITTY_SYNC_MAX_QUEUE_SIZE"] = "3";
  std::string input;
  for (int i = 0; i < 5; ++i)
    input += stdin_line(i);
  const auto done = cli({"emit", "--stdin"}, input);
  EXPECT_EQ(done.status, 1);
  const auto answers = lines_of(done.out);
  ASSERT_EQ(answers.size(), 5U);
  EXPECT_EQ(number_in(parsed(answers[2]), {"lamport_clock"}), 3);
  EXPECT_EQ(error_part(parsed(answers[3]), "code"), "queue_full");
  EXPECT_EQ(error_part(parsed(answers[4]), "code"), "queue_full");
  EXPECT_EQ(number_in(json_of({"events", "stats"}), {"dropped_total"}), 2);
}

TEST_F(EmitStdin, TakesNoEventTypeBesides) {
  EXPECT_EQ(cli({"emit", "WPCreated", "--stdin"}).status, 2);
}

} // namespace
} // namespace spec_kitty::support
