// Invalid payloads: one clear line with the remedy, exit status 1, nothing stored.
#include "tests/support/cli_test.hpp"

namespace spec_kitty::support {
namespace {

struct bad_payload {
  const char* name;
  std::string type;
  std::string payload;
  const char* says; ///< part of the message
  /// What stands between payload and the end of its string and object, this many times: a payload
  /// of megabytes is made where its test runs, not at the start of every test of this program.
  std::size_t repeats = 0;
  std::string repeated = "";

  std::string text() const {
    std::string whole = payload;
    for (std::size_t i = 0; i < repeats; ++i)
      whole += repeated;
    return repeats > 0 && !payload.empty() ? whole + "\"}" : whole;
  }
};

std::vector<bad_payload> bad_payloads() {
  const std::string note = R"({"wp_id":"WP01","entry_type":"note","entry_content":")";
  return {
      {"NotJson", "HistoryAdded", "wp_id: WP01", "not usable JSON"},
      {"Empty", "HistoryAdded", " ", "not usable JSON"},
      {"TwoValues", "HistoryAdded", "{} {}", "not usable JSON"},
      {"NulByte", "HistoryAdded", std::string("{}\0{}", 5), "NUL byte"},
      {"AList", "HistoryAdded", "[1,2]", "is not a JSON object"},
      {"AText", "HistoryAdded", "\"text\"", "is not a JSON object"},
      {"Null", "HistoryAdded", "null", "is not a JSON object"},
      {"TenMegabytes", "HistoryAdded", note, "bytes", 10'000, std::string(1000, 'x')},
      {"SeventeenMegabytes", "HistoryAdded", note, "bytes", 17'000, std::string(1000, 'x')},
      {"InvalidUtf8", "HistoryAdded", note + "\xff\xfe\"}", "UTF-8"},
      {"ASurrogateInUtf8", "HistoryAdded", note + "\xed\xa0\x80\"}", "UTF-8"},
      {"DeepLists", "HistoryAdded", "", "nesting is deeper than 64", 200'000, "["},
      {"DeepObjects", "HistoryAdded", "", "nesting is deeper than 64", 200'000, "{\"a\":"},
      {"AnExponentOutOfBounds", "HistoryAdded", R"({"x":0.00000000000000000001e-2147483639})",
       "a number whose exponent has more than 4 digits"},
      {"ANumberBeyondAnyDouble", "HistoryAdded", R"({"x":5.5e308})",
       "a number that is too large for a double"},
      {"UnknownType", "WPTeleported", "{}", "WPTeleported"},
      {"MissingField", "WPStatusChanged", R"({"wp_id":"WP01","previous_status":"planned"})",
       "payload.new_status is required"},
      {"WrongPattern", "HistoryAdded", R"({"wp_id":"WP1","entry_type":"note","entry_content":"x"})",
       "payload.wp_id: \"WP1\""},
      {"WrongType", "FeatureCompleted", R"({"feature_slug":"042-x","total_wps":"seven"})",
       "payload.total_wps: \"seven\" is not of type integer"},
      {"WrongDate", "FeatureCompleted",
       R"({"feature_slug":"042-x","total_wps":1,"completed_at":"yesterday"})",
       "payload.completed_at: \"yesterday\" is not an RFC 3339 date-time"},
  };
}

void PrintTo(const bad_payload& payload, std::ostream* out) {
  *out << payload.name;
}

class BadPayload : public cli_test, public ::testing::WithParamInterface<bad_payload> {};

TEST_P(BadPayload, IsRefusedInOneClearLineAndNothingIsStored) {
  const auto& type = GetParam().type;
  const auto& says = GetParam().says;
  const std::string payload = GetParam().text();
  emit();
  const auto before = cli({"events", "export"}).out;

  const auto in_words = cli({"emit", type, "--payload", "-"}, payload);
  EXPECT_EQ(in_words.status, 1);
  EXPECT_EQ(in_words.out, "");
  EXPECT_TRUE(in_words.err.starts_with("error: ")) << in_words.err;
  EXPECT_NE(in_words.err.find(says), std::string::npos) << in_words.err;
  EXPECT_EQ(lines_of(in_words.err).size(), 2U) << "a sentence and a remedy: " << in_words.err;
  EXPECT_LT(in_words.err.size(), 600U);

  write_text(work() / "payload", payload);
  const auto object = json_of({"emit", type, "--payload", "@payload"}, 1);
  EXPECT_NE(error_part(object, "message").find(says), std::string::npos);
  EXPECT_NE(error_part(object, "hint"), "");

  EXPECT_EQ(cli({"events", "export"}).out, before);
  EXPECT_EQ(number_in(json_of({"clock", "show"}), {"value"}), 1);
}

INSTANTIATE_TEST_SUITE_P(Each, BadPayload, ::testing::ValuesIn(bad_payloads()),
                         [](const auto& info) { return std::string(info.param.name); });

} // namespace
} // namespace spec_kitty::support
