// The checking pass: what it takes, and what it leaves to the careful path. That the two agree is
// tests/fuzz/emit_line_target.cpp's.
#include "messages/fast_check.hpp"

#include "messages/schema/payload_tables.hpp"
#include "messages/validate.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace spec_kitty {
namespace {

const redaction_terms terms{{"/home/ann"}, {"secret-secret"}, {"tok-1"}};

std::string note(const std::string& members) {
  return R"({"wp_id":"WP01","entry_type":"note","entry_content":"x")" + members + "}";
}

bool takes(const std::string& payload, const redaction_terms& words = terms) {
  plain_payload found;
  return check_plain_payload("HistoryAdded", payload, words, found);
}

TEST(FastCheck, KnowsEveryTypeAndFieldOfTheContract) {
  const auto contract = parse_json(contract_schema());
  ASSERT_TRUE(contract);
  for (const auto type : event_types) {
    const auto* const table = payload_table_of(type);
    ASSERT_NE(table, nullptr) << type;
    const json_value& definition =
        *member(*member(*contract, "definitions"), (std::string(type) + "Payload").c_str());
    EXPECT_EQ(table->fields.size(), member(definition, "properties")->MemberCount()) << type;
    std::size_t required = 0;
    for (const auto& field : table->fields) {
      EXPECT_NE(field.takes, 0) << type << "." << field.name << ": a rule that no table has";
      EXPECT_NE(field.form, text_form::unknown) << type << "." << field.name;
      EXPECT_NE(field.items, text_form::unknown) << type << "." << field.name;
      required += field.required ? 1 : 0;
    }
    EXPECT_EQ(required, member(definition, "required")->Size()) << type;
  }
}

TEST(FastCheck, TakesWhatPeopleAndToolsWrite) {
  for (const std::string members :
       {"", R"(,"author":"ann")", R"(,"more":[1,-2.50,true,null,"\n"],"flag":false,"d":0.10)",
        R"(,"said":"line one\nline \"two\" é")"})
    EXPECT_TRUE(takes(note(members))) << members;
}

TEST(FastCheck, GivesThePayloadWithoutWhiteSpaceAsTheCarefulReaderDoes) {
  const std::string spaced =
      "{ \"wp_id\" : \"WP01\" ,\n\t\"entry_type\":\"note\", \"entry_content\" : \"a b\", "
      "\"list\" : [ 1 , \"two\" ] }";
  plain_payload found;
  ASSERT_TRUE(check_plain_payload("HistoryAdded", spaced, terms, found));
  EXPECT_EQ(found.compact, *compact_json(spaced));
  EXPECT_EQ(found.wp_id, "WP01");
  EXPECT_EQ(found.feature_slug, std::nullopt);
}

TEST(FastCheck, LeavesToTheCarefulPathWhatItDoesNotKnowToBeGood) {
  const std::vector<std::string> members = {
      R"(,"wp_id":"WP02")",               // a field twice
      R"(,"more":1,"more":2)",            // a further key twice
      R"(,"more":{"a":1})",               // deeper
      R"(,"more":[[1]])",                 //
      R"(,"more":1e5)",                   // an exponent
      R"(,"more":01)",                    //
      R"(,"more":"\u0041")",              // written otherwise than it is read
      R"(,"more":"\/")",                  //
      R"(,"author":null)",                // not of its type
      R"(,"more":"secret-secret")",       // to be redacted
      R"(,"more":"tok-1")",               //
      R"(,"more":"/home/ann/x")",         //
      ",\"more\":\"\xed\xa0\x80\"",       // not UTF-8
      ",\"more\":\"" + std::string(1, 7), // a control character
      R"(,"more":)",                      //
  };
  for (const auto& member : members)
    EXPECT_FALSE(takes(note(member))) << member;
  EXPECT_FALSE(takes(note("") + "x"));
  EXPECT_FALSE(takes(R"({"wp_id":"WP1","entry_type":"note","entry_content":"x"})"));
  EXPECT_FALSE(takes(R"({"wp_id":"WP01","entry_type":"song","entry_content":"x"})"));
  EXPECT_FALSE(takes(R"({"wp_id":"WP01","entry_type":"note","entry_content":""})"));
  EXPECT_FALSE(takes(R"({"wp_id":"WP01","entry_type":"note"})"));
}

TEST(FastCheck, LooksForASecretThatIsWrittenWithEscapesWithCare) {
  const std::string line = note(R"(,"more":"pass\"word")");
  EXPECT_TRUE(takes(line));
  EXPECT_FALSE(takes(line, {{}, {"pass\"word"}}));
}

TEST(FastCheck, ReadsTheMembersOfALine) {
  plain_line found;
  const std::string all = R"( {"causation_id":null,"event_type":"HistoryAdded","payload":)" +
                          note("") + R"(,"aggregate_id":"WP07","feature_slug":"1"} )";
  ASSERT_TRUE(check_plain_line(all, terms, found));
  EXPECT_EQ(found.event_type, "HistoryAdded");
  EXPECT_EQ(found.payload.compact, note(""));
  EXPECT_EQ(found.causation_id, std::nullopt);
  EXPECT_EQ(found.aggregate_id, "WP07");
  EXPECT_EQ(found.feature_slug, "1");
  for (const std::string line :
       {R"({"event_type":"WPTeleported","payload":{}})", R"({"event_type":"HistoryAdded"})",
        R"({"event_type":"HistoryAdded","colour":"red"})", "[]", ""})
    EXPECT_FALSE(check_plain_line(line, terms, found)) << line;
}

TEST(FastCheck, AStackTraceIsForTheCarefulPathToTakeOut) {
  plain_payload found;
  const std::string error = R"({"error_type":"auth","error_message":"no","stack_trace":)";
  EXPECT_TRUE(check_plain_payload("ErrorLogged", error + "null}", terms, found));
  EXPECT_FALSE(check_plain_payload("ErrorLogged", error + "\"at main\"}", terms, found));
}

} // namespace
} // namespace spec_kitty
