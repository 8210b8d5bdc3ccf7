// spec-kitty events …: looking at what is recorded.
#include "tests/support/cli_test.hpp"

namespace spec_kitty::support {
namespace {

struct Events : cli_test {
  std::vector<std::string> listed(words options = {}) const {
    options.insert(options.begin(), {"events", "list"});
    std::vector<std::string> found;
    const auto answer = json_of(std::move(options));
    for (const auto& entry : member(answer, "events")->GetArray())
      found.push_back(to_text(*member(entry, "event")));
    return found;
  }
};

TEST_F(Events, AreListedInAppendOrder) {
  emit(30);
  const auto found = listed();
  ASSERT_EQ(found.size(), 30U);
  for (std::size_t i = 0; i < found.size(); ++i)
    EXPECT_EQ(number_in(parsed(found[i]), {"lamport_clock"}), static_cast<std::int64_t>(i + 1));
  EXPECT_EQ(lines_of(cli({"events", "list"}).out).size(), 30U);
}

TEST_F(Events, AreSelectedByTypeStateAndCount) {
  emit(4);
  EXPECT_EQ(cli({"emit", "WPStatusChanged", "--payload", good_payload}).status, 0);
  EXPECT_EQ(listed({"--type", "WPStatusChanged"}).size(), 1U);
  EXPECT_EQ(listed({"--limit", "2"}).size(), 2U);
  EXPECT_EQ(listed({"--state", "held"}).size(), 5U) << "without a login all are held";
  EXPECT_EQ(listed({"--state", "queued"}).size(), 0U);
  EXPECT_EQ(listed({"--state", "dead"}).size(), 0U);
  EXPECT_EQ(cli({"events", "list", "--state", "lost"}).status, 2);
}

TEST_F(Events, AHeldEventSaysWhy) {
  emit();
  const auto answer = json_of({"events", "list"});
  const auto& entry = (*member(answer, "events"))[0];
  EXPECT_EQ(text_of(entry, "state"), "held");
  EXPECT_NE(text_of(entry, "reason").value_or("").find("auth login"), std::string::npos);
  EXPECT_EQ(number_in(entry, {"retry_count"}), 0);
  EXPECT_TRUE(member(entry, "last_error")->IsNull());
}

TEST_F(Events, OneIsShownByItsId) {
  emit(3);
  const auto all = listed();
  const auto id = ids_of(all)[1];
  EXPECT_EQ(cli({"events", "show", id}).out, all[1] + "\n");
  const auto answer = json_of({"events", "show", id});
  EXPECT_EQ(to_text(*member(answer, "event")), all[1]);
  const auto missing = json_of({"events", "show", "01ARZ3NDEKTSV4RRFFQ69G5FAV"}, 1);
  EXPECT_EQ(error_part(missing, "code"), "not_found");
}

TEST_F(Events, ExportPrintsTheSameBytesAsTheListHolds) {
  emit(3);
  const auto all = listed();
  EXPECT_EQ(lines_of(cli({"events", "export"}).out), all);
  EXPECT_EQ(lines_of(cli({"events", "export", "--json"}).out), all);
  EXPECT_EQ(cli({"events", "export", "--state", "queued"}).out, "");
}

TEST_F(Events, StatisticsCountByTypeAndState) {
  emit(4);
  EXPECT_EQ(cli({"emit", "WPStatusChanged", "--payload", good_payload}).status, 0);
  const auto answer = json_of({"events", "stats"});
  EXPECT_EQ(number_in(answer, {"by_type", "HistoryAdded"}), 4);
  EXPECT_EQ(number_in(answer, {"by_type", "WPStatusChanged"}), 1);
  EXPECT_EQ(number_in(answer, {"by_state", "held"}), 5);
  EXPECT_EQ(number_in(answer, {"by_state", "queued"}), 0);
  EXPECT_GE(number_in(answer, {"oldest_age_s"}), 0);
  EXPECT_GT(number_in(answer, {"bytes"}), 5 * 200);
  EXPECT_EQ(number_in(answer, {"dropped_total"}), 0);
}

TEST_F(Events, AMissingHomeShowsZerosAndSaysSo) {
  EXPECT_EQ(listed().size(), 0U);
  EXPECT_EQ(number_in(json_of({"events", "stats"}), {"by_state", "queued"}), 0);
  const auto in_words = cli({"events", "list"});
  EXPECT_EQ(in_words.status, 0);
  EXPECT_NE(in_words.err.find("nothing has been recorded in " + home().string()),
            std::string::npos);
  EXPECT_EQ(cli({"events", "list", "--quiet"}).err, "");
}

} // namespace
} // namespace spec_kitty::support
