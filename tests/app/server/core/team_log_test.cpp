// What clients say and hear about a team's log.
#include "batch_fixture.hpp"

#include "app/server/core/team_log.hpp"

namespace spec_kitty::server {
namespace {

std::optional<resume_request> read(const std::string& text) {
  const auto message = parse_json(text);
  return message ? read_resume(*message) : std::nullopt;
}

std::string pair_text(std::uint64_t seq, int id) {
  return "[" + std::to_string(seq) + ",\"" + id_of(id) + "\"]";
}

TEST(TeamLog, AnExtensionIsFoundAmongOthersInAnyCase) {
  EXPECT_TRUE(names_extension("resume", "resume"));
  EXPECT_TRUE(names_extension("stream , Resume", "resume"));
  for (const char* other : {"", "resumes", "re sume", ",,", "digest, stream"})
    EXPECT_FALSE(names_extension(other, "resume")) << other;
}

TEST(TeamLog, AClientSaysWhereItGoesOn) {
  const auto asked = read(R"({"type":"resume","log":"x","known":[)" + pair_text(9, 2) + "," +
                          pair_text(4, 1) + "]}");
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->from, resume_request::start::known);
  ASSERT_EQ(asked->known.size(), 2U);
  EXPECT_EQ(asked->known[0], (known_event{9, *parse_ulid(id_of(2))}));
  EXPECT_EQ(read(R"({"type":"resume","from":"head"})")->from, resume_request::start::head);
  EXPECT_EQ(read(R"({"type":"resume","from":"first"})")->from, resume_request::start::first);
  EXPECT_TRUE(read(R"({"type":"resume","known":[]})")->known.empty());
}

TEST(TeamLog, WhatIsNotAPlaceIsRefused) {
  std::string many = pair_text(99, 99);
  for (int i = 98; i > 82; --i)
    many += "," + pair_text(static_cast<std::uint64_t>(i), i);
  for (const std::string& known :
       {std::string("7"), std::string("[[1]]"), std::string(R"([["1","x"]])"),
        std::string(R"([[1,"not an id"]])"), "[" + pair_text(0, 1) + "]",
        "[" + pair_text(4, 1) + "," + pair_text(9, 2) + "]", "[" + many + "]"})
    EXPECT_FALSE(read(R"({"known":)" + known + "}")) << known;
  EXPECT_FALSE(read(R"({"from":"elsewhere"})"));
  EXPECT_FALSE(read(R"({"from":"head","known":[]})"));
  EXPECT_FALSE(read("{}"));
}

TEST(TeamLog, TheQueryOfAPageHasBounds) {
  EXPECT_EQ(read_log_query("")->limit, 1000U);
  const auto query = read_log_query("log=" + id_of(1) + "&after=12&limit=5&more=x");
  ASSERT_TRUE(query);
  EXPECT_EQ(query->log, id_of(1));
  EXPECT_EQ(query->after, 12U);
  EXPECT_EQ(query->limit, 5U);
  for (const char* bad : {"after=", "after=-1", "after=1x", "limit=0", "limit=1001", "log=x"})
    EXPECT_FALSE(read_log_query(bad)) << bad;
}

TEST(TeamLog, APageHoldsOneEventAtLeastAndOneMebibyteAtMost) {
  log_page_body body({"L", 1, 3});
  const std::string large = '"' + std::string(max_log_page_bytes, 'x') + '"';
  EXPECT_TRUE(body.add_event(1, R"("ann")", large));
  EXPECT_FALSE(body.add_event(2, R"("ann")", "{}"));
  log_page_body small({"L", 1, 3});
  EXPECT_TRUE(small.add_event(1, R"("ann")", "{}"));
  EXPECT_TRUE(small.add_gap(2, 2, "erased"));
  EXPECT_TRUE(small.add_event(3, R"("b\"b")", "{}"));
  EXPECT_FALSE(small.add_event(4, R"("ann")", large));
  EXPECT_EQ(std::move(small).finish(3),
            R"({"log":"L","first":1,"head":3,"events":[{"seq":1,"by":"ann","event":{}},)"
            R"({"seq":3,"by":"b\"b","event":{}}],)"
            R"("gaps":[{"from":2,"to":2,"reason":"erased"}],"through":3})");
}

} // namespace
} // namespace spec_kitty::server
