// A clock.json of another node: its value is merged, its name is not, and the file stays.
#include "actors/clock/foreign_mirror.hpp"
#include "app/chaos/process.hpp"

#include <gtest/gtest.h>

namespace spec_kitty {
namespace {

namespace fs = std::filesystem;

class ForeignMirror : public testing::Test {
protected:
  void write(const std::string& node, std::uint64_t value) const {
    support::write_text(file, render_mirror({value, node, 0}));
  }
  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()));
  }

  support::temporary_folder folder;
  fs::path file = folder.path() / "clock.json";
  fs::path kept = folder.path() / "clock.json.aaaaaaaaaaaa";
};

TEST_F(ForeignMirror, ValueIsInheritedByAStoreThatHasNeverCounted) {
  const clock_mirror mirror{41, "aaaaaaaaaaaa", 0};
  EXPECT_EQ(value_to_inherit(mirror, 0, "bbbbbbbbbbbb"), 41U);
  EXPECT_EQ(value_to_inherit(mirror, 1, "bbbbbbbbbbbb"), std::nullopt) << "it has counted";
  EXPECT_EQ(value_to_inherit(mirror, 0, "aaaaaaaaaaaa"), std::nullopt) << "its own: recovered";
  EXPECT_EQ(value_to_inherit(std::nullopt, 0, "bbbbbbbbbbbb"), std::nullopt);
  EXPECT_EQ(value_to_inherit(clock_mirror{0, "aaaaaaaaaaaa", 0}, 0, "bbbbbbbbbbbb"), std::nullopt);
}

TEST_F(ForeignMirror, IsKeptUnderItsNodesName) {
  write("aaaaaaaaaaaa", 41);
  const auto before = support::read_text(file);
  ASSERT_TRUE(keep_foreign_mirror(folder.path(), "bbbbbbbbbbbb"));
  ASSERT_TRUE(keep_foreign_mirror(folder.path(), "bbbbbbbbbbbb")); // again: the same
  EXPECT_EQ(support::read_text(file), before);
  EXPECT_EQ(support::read_text(kept), before);
  EXPECT_EQ(files(), 2U);
  const auto found = foreign_mirrors(folder.path(), "bbbbbbbbbbbb");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[1].first, kept);
  EXPECT_EQ(found[1].second.value, 41U);
  EXPECT_TRUE(foreign_mirrors(folder.path(), "aaaaaaaaaaaa").empty());
}

TEST_F(ForeignMirror, ALaterOneOfTheSameNodeTakesThePlace) {
  for (const std::uint64_t value : {41U, 60U}) {
    fs::remove(file); // a file of its own, as the older tool replaces it
    write("aaaaaaaaaaaa", value);
    ASSERT_TRUE(keep_foreign_mirror(folder.path(), "bbbbbbbbbbbb"));
  }
  EXPECT_NE(support::read_text(kept).find("60"), std::string::npos);
  EXPECT_EQ(files(), 2U);
}

TEST_F(ForeignMirror, OnesOwnAMissingOneAndGarbageAreLeftAlone) {
  EXPECT_TRUE(keep_foreign_mirror(folder.path(), "bbbbbbbbbbbb"));
  write("bbbbbbbbbbbb", 41);
  EXPECT_TRUE(keep_foreign_mirror(folder.path(), "bbbbbbbbbbbb"));
  support::write_text(file, "{");
  EXPECT_TRUE(keep_foreign_mirror(folder.path(), "bbbbbbbbbbbb"));
  EXPECT_EQ(files(), 1U);
}

TEST_F(ForeignMirror, ANodeIdThatWouldLeadElsewhereIsOnlyAName) {
  write("../../etc/x", 41);
  ASSERT_TRUE(keep_foreign_mirror(folder.path(), "bbbbbbbbbbbb"));
  EXPECT_TRUE(fs::exists(folder.path() / "clock.json.______etc_x"));
}

} // namespace
} // namespace spec_kitty
