// What is found of a damaged file before LMDB sees it. Each test puts wrong bytes in one place.
#include "actors/queue/file_check.hpp"
#include "tests/actors/queue/store_fixture.hpp"

#include <sys/resource.h>

#include <cstring>
#include <fstream>
#include <sstream>

namespace spec_kitty {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t page_size = 4096;
// Offsets in a meta page: pages.hpp.
constexpr std::size_t magic_at = 16;
constexpr std::size_t main_entries_at = 88 + 32;
constexpr std::size_t main_root_at = 88 + 40;
constexpr std::size_t last_page_at = 136;
constexpr std::size_t transaction_at = 144;

class FileCheck : public StoreTest {
protected:
  FileCheck() {
    store queue = open();
    for (int i = 0; i < 3; ++i)
      append(queue, 60);
    settle(queue, lease(queue, "team-a", 5), event_outcome::rejected, "no", 1);
  }

  fs::path data() const { return home_ / "queue" / "env" / "data.mdb"; }
  std::string bytes() const {
    std::ostringstream text;
    text << std::ifstream(data(), std::ios::binary).rdbuf();
    return text.str();
  }
  void put_bytes(const std::string& text) const {
    std::ofstream(data(), std::ios::binary | std::ios::trunc) << text;
  }
  std::string damage() const { return *damage_in(data(), looked_through::always); }

  /// Where the newer meta page begins.
  static std::size_t newer_meta(const std::string& text) {
    return number_in(text, transaction_at) > number_in(text, page_size + transaction_at)
               ? 0
               : page_size;
  }
  static std::uint64_t number_in(const std::string& text, std::size_t at) {
    return pages::number_at(text, at);
  }
  static void set(std::string& text, std::size_t at, std::uint64_t value) {
    std::memcpy(text.data() + at, &value, sizeof value);
  }
  /// What is said when a number of the newer meta page is another.
  std::string damage_with(std::size_t at, std::uint64_t value) const {
    std::string text = bytes();
    set(text, newer_meta(text) + at, value);
    put_bytes(text);
    return damage();
  }
  pages::file_header header() const {
    std::string why;
    return *pages::read_header(bytes(), why);
  }
  /// The opened store refuses it, and names the command that repairs it.
  void expect_refused() const {
    for (const auto mode : {open_mode::read, open_mode::write}) {
      const auto opened = store::open(options(), mode);
      ASSERT_FALSE(opened);
      EXPECT_EQ(opened.error().code, ec::store_corrupt);
      EXPECT_NE(opened.error().hint.find("sync repair"), std::string::npos);
    }
  }
};

TEST_F(FileCheck, AWholeStoreHasNoDamage) {
  EXPECT_EQ(damage(), "");
  EXPECT_EQ(*damage_in(data(), 1), "") << "the edges alone";
}

TEST_F(FileCheck, AMetaPageThatIsNoneIsFound) {
  EXPECT_NE(damage_with(magic_at, 0), "");
}

TEST_F(FileCheck, AnOlderStateIsNotTakenForTheNewest) {
  std::string node;
  {
    store queue = open();
    append(queue, 1);
    node = queue.node_id();
  }
  const std::string text = bytes();
  const auto now = number_in(text, newer_meta(text) + transaction_at);
  EXPECT_EQ(damage_with(transaction_at, now - 2), "") << "a commit that failed may look like it";
  std::ofstream(home_ / "clock.json") << R"({"value":181,"node_id":")" << node
                                      << R"(","updated_at":"2026-01-01T00:00:00.000000Z"})";
  EXPECT_NE(damage(), "") << "LMDB takes the other meta page";
  expect_refused();
}

TEST_F(FileCheck, AReaderOfTheOlderStateSeesItBesideTheNewest) {
  const auto newest = header();
  std::string why;
  const auto older = pages::header_of(bytes(), newest.transaction - 1, why);
  ASSERT_TRUE(older) << why;
  EXPECT_EQ(older->transaction, newest.transaction - 1);
  EXPECT_EQ(pages::header_of(bytes(), newest.transaction, why)->main.root, newest.main.root);
  EXPECT_FALSE(pages::header_of(bytes(), newest.transaction - 2, why));
  EXPECT_EQ(why, "") << "it is gone, and nothing is damaged";
}

TEST_F(FileCheck, ARootThatIsNotInTheFileIsFound) {
  EXPECT_NE(damage_with(main_root_at, 1'000'000), "");
  EXPECT_NE(*damage_in(data(), 1), "");
}

TEST_F(FileCheck, AFileThatIsTooShortForItsPagesIsFound) {
  EXPECT_NE(damage_with(last_page_at, 1'000'000), "");
}

TEST_F(FileCheck, ACountOfRowsThatIsWrongIsFound) {
  EXPECT_NE(damage_with(main_entries_at, 3), "");
}

TEST_F(FileCheck, EveryPageOfTheTablesCounts) {
  const std::string text = bytes();
  const auto last = header().last_page;
  std::size_t found = 0;
  for (std::uint64_t number = 2; number <= last; ++number) {
    std::string broken = text;
    std::fill_n(broken.begin() + static_cast<std::ptrdiff_t>(number * page_size), page_size, '\0');
    put_bytes(broken);
    found += damage().empty() ? 0U : 1U;
  }
  EXPECT_GT(found, last / 3) << "the others are free";
}

TEST_F(FileCheck, ExchangedPagesAreFound) {
  std::string text = bytes();
  const auto root = header().main.root;
  const auto other = root == 2 ? 3 : 2;
  std::swap_ranges(text.begin() + static_cast<std::ptrdiff_t>(root * page_size),
                   text.begin() + static_cast<std::ptrdiff_t>((root + 1) * page_size),
                   text.begin() +
                       static_cast<std::ptrdiff_t>(static_cast<std::size_t>(other) * page_size));
  put_bytes(text);
  EXPECT_NE(damage(), "");
}

TEST_F(FileCheck, ASummaryThatClaimsFewerEventsIsFound) {
  ASSERT_TRUE(tables_of(home_)->write([](lmdb_txn& txn, const store_tables& tables) {
    auto row = *summary::decode(*txn.get(tables.main, summary_key));
    row.live -= 3;
    txn.put(tables.main, summary_key, row.encode());
    return true;
  }));
  EXPECT_NE(damage().find("waiting events"), std::string::npos) << damage();
  EXPECT_NE(*damage_in(data(), 1), "") << "by the counts alone";
  expect_refused();
}

TEST_F(FileCheck, APartitionThatCountsOtherThanItsQueueIsFound) {
  ASSERT_TRUE(tables_of(home_)->write([](lmdb_txn& txn, const store_tables& tables) {
    lmdb_cursor queue(txn, tables.team_queue);
    EXPECT_TRUE(queue.last());
    const auto seq = position_of(queue.key());
    txn.erase(tables.team_queue, std::string(queue.key()));
    txn.put(tables.team_queue, team_queue_key(77, seq), {});
    return true;
  }));
  EXPECT_NE(damage().find("partition"), std::string::npos) << damage();
}

TEST_F(FileCheck, ABitInWhatDecidesWhereEventsGoIsFound) {
  ASSERT_TRUE(tables_of(home_)->write([](lmdb_txn& txn, const store_tables& tables) {
    std::string row(*txn.get(tables.teams, "team-a"));
    row[4] ^= 1; // held by the server, or not
    txn.put(tables.teams, "team-a", row);
    return true;
  }));
  EXPECT_NE(damage().find("partition"), std::string::npos) << damage();
}

TEST_F(FileCheck, AnEmptiedFileIsNoNewStoreWhereTheClockHasCounted) {
  std::ofstream(home_ / "clock.json")
      << R"({"value":180,"node_id":"0123456789ab","updated_at":"2026-01-01T00:00:00.000000Z"})";
  for (const std::size_t left : {std::size_t{0}, std::size_t{4096}}) {
    put_bytes(std::string(left, '\0'));
    expect_refused();
  }
  fs::remove(data());
  expect_refused();
  EXPECT_FALSE(fs::exists(data())) << "no new store in its place";
}

TEST_F(FileCheck, AStumpThatNeverCountedIsReplaced) {
  put_bytes(std::string(4096, '\0'));
  EXPECT_TRUE(store::open(options(), open_mode::write));
}

TEST_F(FileCheck, AStoreOfEmptyTablesIsFoundWhereTheFileWasMadeAnew) {
  fs::remove(data());
  MDB_env* env = nullptr;
  ASSERT_EQ(mdb_env_create(&env), 0);
  ASSERT_EQ(mdb_env_open(env, data().parent_path().c_str(), 0, 0600), 0);
  mdb_env_close(env);
  EXPECT_NE(damage(), "");
  expect_refused();
}

TEST_F(FileCheck, AFileThatCannotBeOpenedIsNotCalledDamaged) {
  rlimit usual{};
  ::getrlimit(RLIMIT_NOFILE, &usual);
  const rlimit few{0, usual.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  const auto found = damage_in(data(), looked_through::always);
  ::setrlimit(RLIMIT_NOFILE, &usual);
  ASSERT_FALSE(found);
  EXPECT_NE(found.error().message.find("Too many open files"), std::string::npos)
      << found.error().message;
}

} // namespace
} // namespace spec_kitty
