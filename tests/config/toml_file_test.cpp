// TOML as a flat list, and one key changed with every other byte kept.
#include "config/toml_file.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

namespace spec_kitty {
namespace {

using kind = toml_entry::kind;

std::map<std::string, toml_entry> read(std::string_view text) {
  std::map<std::string, toml_entry> found;
  const auto entries = read_toml(text, "file.toml");
  EXPECT_TRUE(entries) << (entries ? "" : entries.error().message);
  if (entries)
    for (const auto& entry : *entries)
      found[entry.key] = entry;
  return found;
}

TEST(ReadToml, FlattensTablesAndKnowsTypeAndLine) {
  const auto found = read("top = 'x'\n[sync]\nserver_url = \"https://a\"\nbatch_events = 1_000\n"
                          "[websocket]\nenabled = true\nlist = [1]\nratio = 1.5\n");
  EXPECT_EQ(found.at("top").value, "x");
  EXPECT_EQ(found.at("sync.server_url").type, kind::text);
  EXPECT_EQ(found.at("sync.server_url").line, 3U);
  EXPECT_EQ(found.at("sync.batch_events").value, "1000");
  EXPECT_EQ(found.at("sync.batch_events").type, kind::number);
  EXPECT_EQ(found.at("websocket.enabled").value, "true");
  EXPECT_EQ(found.at("websocket.enabled").type, kind::flag);
  EXPECT_EQ(found.at("websocket.list").type, kind::other);
  EXPECT_EQ(found.at("websocket.ratio").type, kind::other);
}

TEST(ReadToml, EmptyTextHasNoEntries) {
  EXPECT_TRUE(read("").empty());
  EXPECT_TRUE(read("# only words\n\n[sync]\n").empty());
}

TEST(ReadToml, NamesFileAndLineOfAnError) {
  for (const char* text : {"[sync]\nserver_url = \n", "[sync]\na = 1\na = 2\n", "[sync\n",
                           "a = \"\xff\"\n", "a = 'unfinished\n"}) {
    const auto entries = read_toml(text, "/home/config.toml");
    ASSERT_FALSE(entries) << text;
    EXPECT_EQ(entries.error().code, ec::bad_config);
    EXPECT_TRUE(entries.error().message.starts_with("/home/config.toml, line "))
        << entries.error().message;
  }
}

TEST(TomlQuote, RoundTripsEveryByteOfText) {
  std::string text = "plain \"quoted\" back\\slash é ☂ ";
  for (char c = 1; c < 0x20; ++c)
    text += c;
  text += '\x7f';
  EXPECT_EQ(read("key = " + toml_quote(text) + "\n").at("key").value, text);
}

TEST(SetTomlValue, ReplacesTheValueAndKeepsTheRest) {
  const std::string before = "# mine\n[sync]\n  batch_events = 5 \nserver_url = 'x'\n\n[tls]\n";
  EXPECT_EQ(set_toml_value(before, "sync.batch_events", "7"),
            "# mine\n[sync]\n  batch_events = 7 \nserver_url = 'x'\n\n[tls]\n");
  EXPECT_EQ(set_toml_value("[sync]\na = \"x#\\\"y\"# mine\r\nb=2", "sync.a", "'z'"),
            "[sync]\na = 'z'# mine\r\nb=2");
}

TEST(SetTomlValue, AddsToTheTableWhereThereIsOne) {
  EXPECT_EQ(set_toml_value("[sync]\na = 1\n[tls]\nb = 2\n", "sync.c", "3"),
            "[sync]\na = 1\nc = 3\n[tls]\nb = 2\n");
  EXPECT_EQ(set_toml_value("[tls]\nb = 2\n[sync] # here\na = 1", "sync.c", "3"),
            "[tls]\nb = 2\n[sync] # here\na = 1\nc = 3\n");
}

TEST(SetTomlValue, AddsTheTableWhereThereIsNone) {
  EXPECT_EQ(set_toml_value("", "sync.c", "3"), "[sync]\nc = 3\n");
  EXPECT_EQ(set_toml_value("[tls]\nb = 2\n", "sync.c", "3"), "[tls]\nb = 2\n\n[sync]\nc = 3\n");
}

TEST(SetTomlValue, KnowsADottedKeyAtTheTop) {
  EXPECT_EQ(set_toml_value("sync.c = 1\n[tls]\n", "sync.c", "3"), "sync.c = 3\n[tls]\n");
}

TEST(SetTomlValue, KeepsCommentIndentAndLineEndOfTheLine) {
  EXPECT_EQ(set_toml_value("[sync]\n  c = 1  # mine\r\nd = 2", "sync.c", "3"),
            "[sync]\n  c = 3  # mine\r\nd = 2");
  EXPECT_EQ(set_toml_value("[sync]\nc = \"a # \\\" b\" # mine\n", "sync.c", "\"x\""),
            "[sync]\nc = \"x\" # mine\n");
  EXPECT_EQ(set_toml_value("[sync]\nc = 1", "sync.c", "3"), "[sync]\nc = 3");
}

TEST(SetTomlValue, LeavesCommentsAndNamesakesAlone) {
  const std::string before = "[tls]\nc = 1\n[sync]\n# c = 2\ncc = 4\n";
  EXPECT_EQ(set_toml_value(before, "sync.c", "3"), before + "c = 3\n");
}

TEST(SetTomlValue, WhateverIsSetReadsBackAndNothingElseChanges) {
  std::mt19937 random(11);
  const std::vector<std::string> keys = {"sync.a", "sync.b", "tls.a", "tls.c", "websocket.a"};
  std::string text;
  std::map<std::string, std::string> model;
  for (int step = 0; step < 300; ++step) {
    const auto& key = keys[random() % keys.size()];
    model[key] = std::to_string(random() % 1000);
    text = set_toml_value(text, key, model[key]);
    const auto found = read(text);
    ASSERT_EQ(found.size(), model.size());
    for (const auto& [name, value] : model)
      ASSERT_EQ(found.at(name).value, value) << text;
  }
}

std::string repeated(std::string_view part, std::size_t count) {
  std::string whole;
  for (std::size_t i = 0; i < count; ++i)
    whole += part;
  return whole;
}

TEST(TomlDepth, KeysOfThousandsOfPartsAreRefusedWithTheirLine) {
  for (const std::string& text :
       {"\n" + repeated("a.", 20'000) + "b = 1\n", "\n[" + repeated("a.", 20'000) + "b]\n",
        "\n[[" + repeated("a . ", 20'000) + "b]]\n",
        "\nx = " + repeated("{ a.b.c.d.e.f.g.h = ", 200) + "1" + repeated("}", 200) + "\n",
        "\nx = { s = \"\"\"q\"\"\"\"\", " + repeated("a.", 20'000) + "b = 1 }\n",
        "\nx = { s = \"\\\"\", " + repeated("\"a\".", 20'000) + "b = 1 }\n",
        "\nx = " + repeated("[", 20'000) + repeated("]", 20'000) + "\n"}) {
    const auto read = read_toml(text, "config.toml");
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ec::bad_config);
    EXPECT_NE(read.error().message.find("config.toml, line 2: nesting"), std::string::npos)
        << read.error().message;
  }
}

TEST(TomlDepth, DotsThatNestNothingAreNotCounted) {
  const std::string dots = repeated(".", 1000);
  for (const std::string& text :
       {"a = \"" + dots + "\"\n", "a = '" + dots + "'\n", "a = \"\"\"\n" + dots + "\"\"\"\n",
        "a = 1 # " + dots + "\n", "a = [" + repeated("1.5,\n", 1000) + "2.5]\n",
        repeated("[t.u.v]\n", 1), "a = [" + repeated("'x.y', ", 500) + "'z']\n"})
    EXPECT_TRUE(read_toml(text, "config.toml")) << text.substr(0, 40);
  std::string many;
  for (int i = 0; i < 1000; ++i)
    many += "a.k" + std::to_string(i) + " = 1\n";
  EXPECT_EQ(read_toml(many, "config.toml")->size(), 1000U);
}

} // namespace
} // namespace spec_kitty
