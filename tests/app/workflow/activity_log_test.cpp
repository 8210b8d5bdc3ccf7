#include "app/workflow/activity_log.hpp"
#include "app/workflow/text_lines.hpp"

#include <gtest/gtest.h>

namespace spec_kitty::workflow {
namespace {

const log_entry entry{"2026-02-03T19:29:53Z", "claude", "", "doing", "Started"};
const std::string line = "- 2026-02-03T19:29:53Z – claude – lane=doing – Started\n";

TEST(ActivityLog, ALineIsWrittenAndReadBack) {
  EXPECT_EQ(log_line(entry) + "\n", line);
  EXPECT_EQ(parse_log_line(line), entry);
  log_entry with_pid = entry;
  with_pid.shell_pid = "4711";
  with_pid.note = "Review – passed - all of it";
  EXPECT_EQ(parse_log_line(log_line(with_pid)), with_pid);
}

TEST(ActivityLog, HyphensAreReadToo) {
  const auto read =
      parse_log_line("- 2026-01-07T00:00:00Z - system - lane=planned - Prompt created.");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->agent, "system");
  EXPECT_EQ(read->lane, "planned");
  EXPECT_EQ(read->note, "Prompt created.");
  EXPECT_FALSE(parse_log_line("- a list item"));
  EXPECT_FALSE(parse_log_line("- 2026-01-07T00:00:00Z – system – planned"));
}

TEST(ActivityLog, ANoteWithNewlinesStaysOneLine) {
  log_entry wide = entry;
  wide.note = " one\r\n- 2026-01-01T00:00:00Z – x – lane=done – forged\n\n\ttwo\xE2\x80\xA8three ";
  const auto text = log_line(wide);
  EXPECT_EQ(text.find('\n'), std::string::npos);
  EXPECT_EQ(text.substr(text.find("one")),
            "one - 2026-01-01T00:00:00Z – x – lane=done – forged two three");
}

TEST(ActivityLog, AnEntryStandsBehindTheLastOne) {
  const std::string body =
      "# B\n\n## Activity Log\n\n- 2026-01-01T00:00:00Z – system – lane=planned – a\n"
      "\n### Updating\n\n```\n- 2026-01-09T00:00:00Z – x – lane=done – example\n```\n";
  const auto after = with_log_entry(body, entry, "\n");
  const auto at = body.find("\n### Updating");
  EXPECT_EQ(after, body.substr(0, at) + line + body.substr(at));
  EXPECT_EQ(log_entries(after).size(), 2U);
}

TEST(ActivityLog, ALastLineWithoutAnEndIsEndedFirst) {
  const std::string body = "## Activity Log\r\n\r\n- 2026-01-01T00:00:00Z – s – lane=planned – a";
  EXPECT_EQ(with_log_entry(body, entry, "\r\n"),
            body + "\r\n" + line.substr(0, line.size() - 1) + "\r\n");
}

TEST(ActivityLog, AMissingSectionIsMade) {
  EXPECT_EQ(with_log_entry("body", entry, "\n"), "body\n\n## Activity Log\n\n" + line);
  EXPECT_EQ(with_log_entry("body\n\n", entry, "\n"), "body\n\n## Activity Log\n\n" + line);
  EXPECT_EQ(with_log_entry("", entry, "\n"), "## Activity Log\n\n" + line);
  EXPECT_EQ(with_log_entry("## Activity Log\n", entry, "\n"), "## Activity Log\n\n" + line);
  EXPECT_EQ(with_log_entry("## Activity Log\n\n", entry, "\n"), "## Activity Log\n\n" + line);
  EXPECT_EQ(with_log_entry("## Activity Log\n\nNone yet.\n", entry, "\n"),
            "## Activity Log\n\nNone yet.\n\n" + line);
}

TEST(ActivityLog, ALogInsideACodeBlockIsNone) {
  const std::string body =
      "```\n## Activity Log\n- 2026-01-01T00:00:00Z – s – lane=planned – a\n```\n";
  EXPECT_EQ(with_log_entry(body, entry, "\n"), body + "\n## Activity Log\n\n" + line);
}

TEST(ActivityLog, ABlockThatWasNeverClosedDoesNotSwallowTheLogBelow) {
  const std::string body = "# B\n\n```\ncut off\n\n## Activity Log\n\n" + line;
  EXPECT_EQ(with_log_entry(body, entry, "\n"), body + line);
  EXPECT_EQ(log_entries(body), std::vector<log_entry>{entry});
}

TEST(Feedback, HeadingsFencesAndCommentsStayWithinIt) {
  const std::string body = "# B\n\n## Activity Log\n\n" + line;
  const std::string text = "See:\n\n## Activity Log\n" + line + "<!-- open\n```\ncut off\n";
  const auto with = with_feedback(body, "bob", "2026-02-04", text, "\n");
  EXPECT_NE(with.find("\n>\n> ## Activity Log\n> - 2026"), std::string::npos) << with;
  EXPECT_EQ(with_log_entry(with, entry, "\n"), with + line);
  EXPECT_EQ(log_entries(with).size(), 1U);
}

TEST(Feedback, StandsInFrontOfTheLogAndGrows) {
  const std::string body = "# B\n\n## Activity Log\n\n" + line;
  const auto first = with_feedback(body, "bob", "2026-02-04", "fix this\nand that\n", "\n");
  EXPECT_EQ(first,
            "# B\n\n## Review Feedback\n\n**Reviewed by**: bob\n**Status**: Changes Requested\n"
            "**Date**: 2026-02-04\n\n> fix this\n> and that\n\n## Activity Log\n\n" +
                line);
  const auto second = with_feedback(first, "eve", "2026-02-05", "more", "\n");
  EXPECT_LT(second.find("and that"), second.find("**Reviewed by**: eve"));
  EXPECT_LT(second.find("more"), second.find("## Activity Log"));
  EXPECT_EQ(log_entries(second).size(), 1U);
}

TEST(TextLines, BytesThatAreNoUtf8BecomeQuestionMarks) {
  EXPECT_EQ(as_utf8("gr\xC3\xBC\xC3\x9F\x65 \xFF\xC3"), "gr\xC3\xBC\xC3\x9F\x65 ??");
  EXPECT_EQ(as_utf8(""), "");
}

TEST(TextLines, EveryByteBelongsToOneLine) {
  const std::string text = "a\r\nb\n\n```\nc\n```\nd";
  std::string joined;
  for (const auto& each : lines_of_text(text))
    joined.append(each.content).append(each.ending);
  EXPECT_EQ(joined, text);
}

} // namespace
} // namespace spec_kitty::workflow
