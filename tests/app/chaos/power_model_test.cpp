// The model of a disk that loses its power, on logs made by hand: what must be in every image, what
// may be missing in some, and what can be in none.
#include "app/chaos/power/disk.hpp"
#include "app/chaos/preload/power_log.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>

namespace spec_kitty::chaos::power {
namespace {

const std::string old_page(page_bytes, 'o');
const std::string new_page(page_bytes, 'n');

class PowerModel : public ::testing::Test {
protected:
  PowerModel() { did(kind::make_folder, 1, "home"); }

  void did(kind what, std::uint64_t file, std::string_view path, std::uint64_t at = 0,
           std::string_view bytes = {}) {
    step step;
    step.what = what;
    step.file = file;
    step.path = path;
    step.at = at;
    step.bytes = bytes;
    played.apply(step, steps++);
  }
  void renamed(kind what, std::string_view from, std::string_view to) {
    step step;
    step.what = what;
    step.path = from;
    step.other = to;
    played.apply(step, steps++);
  }
  void synced(std::uint64_t file, std::string_view path, std::size_t began,
              bool data_only = false) {
    step step;
    step.what = kind::sync_end;
    step.file = file;
    step.path = path;
    step.began = began;
    step.data_only = data_only;
    played.apply(step, steps++);
  }
  void synced(std::uint64_t file, std::string_view path) { synced(file, path, steps); }
  /// A file whose name is durable.
  void made(std::uint64_t file, std::string_view path) {
    did(kind::create, file, path);
    synced(0, "");
    synced(1, "home");
  }

  /// Everything that may be found, each image as one text: `name=content;` in the order of names.
  std::set<std::string> images(const std::function<std::string(const std::string&)>& shown) {
    std::set<std::string> out;
    for (std::uint64_t seed = 0; seed < 2000; ++seed) {
      dice chance(seed);
      std::string text;
      for (const auto& [path, bytes] : played.draw(chance, "home").files)
        text += path.substr(5) + "=" + shown(bytes) + ";";
      out.insert(text);
    }
    return out;
  }
  std::set<std::string> images() {
    return images([](const std::string& bytes) { return bytes; });
  }
  /// One letter for each page: what it is made of, `.` for zeros, `*` for a mixture.
  static std::string pages(const std::string& bytes) {
    std::string out;
    for (std::size_t at = 0; at < bytes.size(); at += page_bytes) {
      const auto page = std::string_view(bytes).substr(at, page_bytes);
      const bool pure = page.find_first_not_of(page.front()) == std::string_view::npos;
      out += !pure ? '*' : page.front() == '\0' ? '.' : page.front();
    }
    return out;
  }

  disk played;
  std::size_t steps = 0;
};

using texts = std::set<std::string>;

TEST_F(PowerModel, WhatWasSyncedIsInEveryImage) {
  made(2, "home/a");
  did(kind::write, 2, "home/a", 0, "abc");
  synced(2, "home/a");
  EXPECT_EQ(images(), texts{"a=abc;"});
}

TEST_F(PowerModel, EachPageThatWasNotSyncedIsLostOrKeptByItself) {
  made(2, "home/a");
  did(kind::write, 2, "home/a", 0, old_page);
  did(kind::write, 2, "home/a", page_bytes, old_page);
  synced(2, "home/a");
  did(kind::write, 2, "home/a", 0, new_page);
  did(kind::write, 2, "home/a", page_bytes, new_page);
  const auto seen = images(pages);
  for (const char* name : {"a=oo;", "a=on;", "a=no;", "a=nn;"})
    EXPECT_TRUE(seen.contains(name)) << name;
}

TEST_F(PowerModel, APageMayBeTornBetweenSectorsAndNeverInsideOne) {
  made(2, "home/a");
  did(kind::write, 2, "home/a", 0, old_page);
  synced(2, "home/a");
  did(kind::write, 2, "home/a", 0, new_page);
  EXPECT_TRUE(images(pages).contains("a=*;"));
  for (const auto& image : images())
    for (std::size_t at = 2; at + 1 < image.size(); at += sector_bytes) {
      const auto sector = std::string_view(image).substr(at, sector_bytes);
      ASSERT_EQ(sector.find_first_not_of(sector.front()), std::string_view::npos);
    }
}

TEST_F(PowerModel, APageIsFoundAsItWasAfterAnyOfItsChanges) {
  made(2, "home/a");
  for (const char* version : {"1", "2", "3"})
    did(kind::write, 2, "home/a", 0, version);
  EXPECT_EQ(images(pages), (texts{"a=;", "a=.;", "a=1;", "a=2;", "a=3;"}));
}

TEST_F(PowerModel, ASizeMayLagBehindThePages) {
  made(2, "home/a");
  did(kind::write, 2, "home/a", 0, old_page);
  synced(2, "home/a");
  did(kind::write, 2, "home/a", page_bytes, new_page);
  EXPECT_EQ(images(pages), (texts{"a=o;", "a=o.;", "a=on;", "a=o*;"}));
}

TEST_F(PowerModel, ASyncCoversOnlyWhatCameBeforeItsBeginning) {
  made(2, "home/a");
  did(kind::write, 2, "home/a", 0, "1");
  const std::size_t began = steps;
  did(kind::write, 2, "home/a", 0, "2");
  synced(2, "home/a", began);
  EXPECT_EQ(images(), (texts{"a=1;", "a=2;"}));
}

TEST_F(PowerModel, ADurableWriteMakesNothingElseDurable) {
  made(2, "home/a");
  did(kind::write, 2, "home/a", 0, old_page);
  did(kind::write, 2, "home/a", page_bytes, old_page);
  synced(2, "home/a");
  did(kind::write, 2, "home/a", 0, new_page);
  did(kind::write, 2, "home/a", page_bytes, new_page);
  did(kind::write_done, 2, "home/a");
  EXPECT_EQ(images(pages), (texts{"a=on;", "a=nn;", "a=*n;"}));
}

TEST_F(PowerModel, ANameIsDurableByASyncOfItsFolderNotOfItsFile) {
  synced(0, "");
  did(kind::create, 2, "home/a");
  did(kind::write, 2, "home/a", 0, "abc");
  synced(2, "home/a");
  EXPECT_EQ(images(), (texts{"", "a=abc;"}));
  synced(1, "home");
  EXPECT_EQ(images(), texts{"a=abc;"});
}

TEST_F(PowerModel, ASyncOfAFolderCoversOnlyWhatCameBeforeItsBeginning) {
  synced(0, "");
  did(kind::create, 2, "home/a");
  const std::size_t began = steps;
  did(kind::create, 3, "home/b");
  synced(1, "home", began);
  EXPECT_EQ(images(), (texts{"a=;", "a=;b=;"}));
}

TEST_F(PowerModel, ARenameHappensAsAWhole) {
  made(2, "home/a");
  did(kind::write, 2, "home/a", 0, "abc");
  synced(2, "home/a");
  renamed(kind::rename, "home/a", "home/b");
  EXPECT_EQ(images(), (texts{"a=abc;", "b=abc;"}));
  synced(1, "home");
  EXPECT_EQ(images(), texts{"b=abc;"});
}

TEST_F(PowerModel, AnExchangeHappensAsAWhole) {
  made(2, "home/a");
  made(3, "home/b");
  did(kind::write, 2, "home/a", 0, "1");
  did(kind::write, 3, "home/b", 0, "2");
  synced(2, "home/a");
  synced(3, "home/b");
  renamed(kind::exchange, "home/a", "home/b");
  EXPECT_EQ(images(), (texts{"a=1;b=2;", "a=2;b=1;"}));
}

TEST_F(PowerModel, WhatWasRemovedMayComeBack) {
  made(2, "home/a");
  did(kind::remove, 2, "home/a");
  EXPECT_EQ(images(), (texts{"", "a=;"}));
  synced(1, "home");
  EXPECT_EQ(images(), texts{""});
}

TEST_F(PowerModel, InOneFolderTheLaterNeverComesWithoutTheEarlier) {
  synced(0, "");
  did(kind::create, 2, "home/a");
  did(kind::create, 3, "home/b");
  EXPECT_EQ(images(), (texts{"", "a=;", "a=;b=;"}));
}

TEST_F(PowerModel, AFolderWhoseNameIsLostTakesItsFilesAlong) {
  synced(0, "");
  did(kind::make_folder, 2, "home/f");
  did(kind::create, 3, "home/f/a");
  synced(2, "home/f");
  EXPECT_EQ(images(), (texts{"", "f/a=;"}));
}

TEST_F(PowerModel, ARenameThatIsDurableInOneFolderIsSoInTheOther) {
  synced(0, "");
  did(kind::make_folder, 2, "home/f");
  synced(1, "home");
  did(kind::create, 3, "home/f/a");
  renamed(kind::rename, "home/f/a", "home/b");
  synced(1, "home");
  EXPECT_EQ(images(), texts{"b=;"});
}

TEST_F(PowerModel, ALyingDiskKeepsNothingForADataSync) {
  played = disk(disk_kind::lying);
  steps = 0;
  did(kind::make_folder, 1, "home");
  made(2, "home/a");
  did(kind::write, 2, "home/a", 0, "abc");
  synced(2, "home/a", steps, true);
  EXPECT_TRUE(images().contains("a=;"));
}

TEST(PowerLog, AWriteThatWaitsForTheDiskIsTwoStepsAndASyncKnowsItsBeginning) {
  std::string log;
  const auto add = [&](power_record head, const std::string& path, const std::string& bytes) {
    head.path_size = static_cast<std::uint32_t>(path.size());
    head.bytes_size = static_cast<std::uint32_t>(bytes.size());
    const std::size_t place = log.size();
    log.append(reinterpret_cast<const char*>(&head), sizeof head);
    log += path + bytes;
    return place;
  };
  power_record head{};
  head.kind = POWER_WRITE;
  head.flags = POWER_DURABLE;
  add(head, "home/a", "abc");
  head.kind = POWER_SYNC_BEGIN;
  head.flags = POWER_DATA_ONLY;
  head.at = add(head, "home/a", "");
  head.kind = POWER_SYNC_END;
  add(head, "home/a", "");
  const auto steps = read_log(log);
  ASSERT_EQ(steps.size(), 4U);
  EXPECT_EQ(steps[0].what, kind::write);
  EXPECT_EQ(steps[0].bytes, "abc");
  EXPECT_EQ(steps[1].what, kind::write_done);
  EXPECT_EQ(steps[3].what, kind::sync_end);
  EXPECT_EQ(steps[3].began, 2U);
  EXPECT_TRUE(steps[3].data_only);
  EXPECT_THROW(read_log(std::string_view(log).substr(0, log.size() - 1)), std::runtime_error);
}

} // namespace
} // namespace spec_kitty::chaos::power
