// Inputs that are known to end programs which use the same libraries: docs/dependencies.md lists
// them. None may end this one; whether each is taken or refused is said beside it.
#include "app/workflow/frontmatter.hpp"
#include "app/workflow/json_edit.hpp"
#include "app/workflow/merge_state.hpp"
#include "config/toml_file.hpp"
#include "messages/custom_types.hpp"
#include "messages/foreign_event.hpp"
#include "messages/validate.hpp"
#include "util/json.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace spec_kitty::fuzz {
namespace {

std::string times(std::string_view part, std::size_t count) {
  std::string whole;
  for (std::size_t i = 0; i < count; ++i)
    whole += part;
  return whole;
}

/// CVE-2024-38517, CVE-2024-39684 and their neighbours.
const std::vector<std::string>& numbers() {
  static const std::vector<std::string> all = {"0.00000000000000000001e-2147483639",
                                               "0.1e-2147483648",
                                               "1e-2147483647",
                                               "1e2147483648",
                                               "1E+99999999999999999999",
                                               "-0." + times("0", 2000) + "1e-2147483639",
                                               "1e309",
                                               "1.8e308",
                                               times("9", 400)};
  return all;
}

TEST(KnownCrashes, NumbersOfRapidJsonAreRefusedByEveryReader) {
  for (const auto& number : numbers()) {
    const std::string object = R"({"type":"object","x":)" + number + "}";
    EXPECT_FALSE(parse_json(object)) << number;
    EXPECT_FALSE(compact_json(object)) << number;
    EXPECT_FALSE(is_json(object)) << number;
    std::string text = object;
    EXPECT_FALSE(compact_and_parse(text)) << number;
    EXPECT_FALSE(read_foreign_event(object, {})) << number;
    EXPECT_FALSE(workflow::with_member(object, "a", "1")) << number;
    EXPECT_FALSE(workflow::decode_merge_state(object)) << number;
    event_draft draft;
    draft.event_type = "HistoryAdded";
    draft.payload = object;
    EXPECT_FALSE(validate_draft(draft)) << number;
    custom_types types;
    EXPECT_FALSE(types.add("OrderPlaced", object)) << number;
  }
}

TEST(KnownCrashes, DeepYamlIsRefused) { // CVE-2017-5950, 2018-20573, 2018-20574, 2019-6285, 6292
  for (const auto* part :
       {"[", "{", "{[", "- ", "? ", "- ? ", "[? ", "{a: ", "!a ", "&a ", "[[{"}) {
    const std::string text = "---\nx:\n " + times(part, 20'000) + "\n---\n";
    EXPECT_FALSE(workflow::frontmatter_file::parse(text, "WP01.md")) << part;
  }
}

TEST(KnownCrashes, AYamlTagWithoutAValueIsRead) { // CVE-2017-11692
  for (const auto* text : {"---\n!2\n---\n", "---\nx: !2\n---\n", "---\n!2 x: !\n---\n"})
    (void)workflow::frontmatter_file::parse(text, "WP01.md");
}

TEST(KnownCrashes, AYamlAliasOfItselfIsRead) {
  for (const auto* text : {"---\nx: &a [*a, *a]\n---\n", "---\nx: &a {b: *a}\n---\n"})
    (void)workflow::frontmatter_file::parse(text, "WP01.md");
  std::string bomb = "---\na0: &a0 [x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 20; ++i) {
    const std::string last = std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" +
            times("*a" + last + ",", 9) + "x]\n";
  }
  (void)workflow::frontmatter_file::parse(bomb + "---\n", "WP01.md");
}

TEST(KnownCrashes, DeepTomlIsRefused) {
  EXPECT_FALSE(read_toml(times("a.", 20'000) + "b = 1\n", "config.toml"));
  EXPECT_FALSE(read_toml("a = " + times("[", 20'000), "config.toml"));
  EXPECT_FALSE(read_toml("a = " + times("{b=", 20'000), "config.toml"));
}

TEST(KnownCrashes, ATomlTableWithoutAKeyIsRefused) { // an assertion of toml++ 3.3
  for (const auto* text :
       {"[%]\n", "[[%]]\n", "[ ? ]\n", "[.a]\n", "[a.%]\n", "[=1\n", "[[ \n", "[a\n"})
    EXPECT_FALSE(read_toml(text, "config.toml")) << text;
}

TEST(KnownCrashes, ATomlTextWithAnyCharacterIsRead) { // unreachable code of toml++ 3.3
  EXPECT_FALSE(read_toml("[a\u02DE\uFEFF.b]\nc", "config.toml"));
  for (unsigned c = 0x80; c < 0x10000; ++c) {
    if (c >= 0xD800 && c < 0xE000)
      continue;
    const std::string text = {static_cast<char>(0xE0 | c >> 12),
                              static_cast<char>(0x80 | (c >> 6 & 0x3F)),
                              static_cast<char>(0x80 | (c & 0x3F))};
    (void)read_toml(c < 0x800 ? std::string("[a\xC2\x80]") : "[a" + text + "]", "config.toml");
  }
}

} // namespace
} // namespace spec_kitty::fuzz
