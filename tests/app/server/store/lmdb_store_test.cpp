// What the LMDB engine does beyond the contract: where a store may stand, copies, damage, layout.
#include "app/server/store/lmdb/backup.hpp"
#include "app/server/store/lmdb/environment.hpp"
#include "app/server/store/lmdb/rows.hpp"
#include "app/server/store/lmdb/tail.hpp"
#include "tests/app/server/store/engine_calls.hpp"
#include "util/temp_folder.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <thread>

namespace spec_kitty::server::store::testing {
namespace {

class LmdbStore : public ::testing::Test {
protected:
  LmdbStore() { options.state = folder_.path() / "state"; }

  std::unique_ptr<engine> open() const {
    auto opened = open_lmdb_engine(options);
    EXPECT_TRUE(opened.ok()) << (opened ? "" : opened.error().message);
    return opened ? std::move(*opened) : nullptr;
  }
  std::unique_ptr<engine> create() const {
    const auto made = create_lmdb_store(options);
    EXPECT_TRUE(made.ok()) << (made ? "" : made.error().message);
    return open();
  }
  std::filesystem::path folder() const { return folder_.path(); }
  std::filesystem::path store() const { return options.state / store_folder_name; }
  /// Changes the store by hand while no engine has it open.
  void edit(const std::function<void(lmdb_txn&, const store_tables&)>& change) const {
    auto env = lmdb_environment::open(store(), options.map_bytes, opening::existing);
    ASSERT_TRUE(env.ok()) << env.error().message;
    ASSERT_TRUE((*env)
                    ->write([&](lmdb_txn& txn) -> result<void> {
                      change(txn, (*env)->tables());
                      return {};
                    })
                    .ok());
  }

  lmdb_options options;

private:
  temporary_folder folder_;
};

TEST_F(LmdbStore, IsPrivateAndMadeAsAWhole) {
  const auto on = create();
  struct stat found {};
  ASSERT_EQ(::stat(options.state.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0700U);
  for (const char* name : {"data.mdb", "lock.mdb", "owner.lock"}) {
    ASSERT_EQ(::stat((store() / name).c_str(), &found), 0) << name;
    EXPECT_EQ(found.st_mode & 0777, 0600U) << name;
  }
  const auto again = create_lmdb_store(options);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, ec::bad_input);
}

TEST_F(LmdbStore, RefusesAStateFolderThatOthersMayEnter) {
  create();
  ASSERT_EQ(::chmod(options.state.c_str(), 0755), 0);
  const auto opened = open_lmdb_engine(options);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ec::store_unusable);
  EXPECT_EQ(opened.error().hint, "run: chmod 700 " + options.state.string());
}

TEST_F(LmdbStore, RefusesAStateFolderOfAnotherUser) {
  if (::geteuid() != 0)
    GTEST_SKIP() << "only root may give a folder away";
  create();
  ASSERT_EQ(::chown(options.state.c_str(), 12345, 12345), 0);
  const auto opened = open_lmdb_engine(options);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ec::store_unusable);
  EXPECT_NE(opened.error().message.find("belongs to user 12345"), std::string::npos);
}

TEST_F(LmdbStore, NamesWhatIsMissing) {
  const auto opened = open_lmdb_engine(options);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ec::not_found);
  EXPECT_NE(opened.error().hint.find("spec-kitty-server init"), std::string::npos);
}

TEST_F(LmdbStore, RefusesASecondOpener) {
  const auto first = create();
  const auto second = open_lmdb_engine(options);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ec::already_running);
}

TEST_F(LmdbStore, RefusesASchemaThatItDoesNotKnow) {
  create();
  edit([](lmdb_txn& txn, const store_tables& tables) {
    std::string row;
    row_writer(row).u32(store_schema + 1);
    txn.put(tables.meta, "schema", row);
  });
  const auto opened = open_lmdb_engine(options);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ec::store_version);
}

TEST_F(LmdbStore, RefusesADataFileThatWasCut) {
  {
    const auto on = create();
    ASSERT_TRUE(commit(*on, new_team(*on, "team"), samples(1, 2000)).ok());
  }
  std::filesystem::resize_file(store() / "data.mdb", 32768);
  const auto opened = open_lmdb_engine(options);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ec::store_corrupt) << opened.error().message;
}

TEST_F(LmdbStore, IsCopiedWhileItServesAndRestoredWithNewLogs) {
  const auto on = create();
  const team_id team = new_team(*on, "team");
  const auto log_before = on->directory().team_of(team);
  ASSERT_TRUE(log_before && *log_before);
  std::atomic<std::uint64_t> next{1};
  std::atomic<bool> done{false};
  std::thread sender([&] {
    for (; !done; next += 40)
      EXPECT_TRUE(commit(*on, team, samples(next, 40)).ok());
  });
  while (next < 800)
    std::this_thread::yield();
  const std::uint64_t before = next;
  const auto file = folder() / "copy";
  const auto copied = await<void>([&](auto answer) { on->backup(file, answer); });
  done = true;
  sender.join();
  ASSERT_TRUE(copied.ok()) << copied.error().message;
  struct stat found {};
  ASSERT_EQ(::stat(file.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600U);
  EXPECT_FALSE(std::filesystem::exists(file.string() + ".unfinished"));
  const auto twice = await<void>([&](auto answer) { on->backup(file, answer); });
  EXPECT_FALSE(twice.ok()) << "an existing file is never replaced";

  lmdb_options other = options;
  other.state = folder() / "restored";
  const auto restored = restore_lmdb_store(other, file);
  ASSERT_TRUE(restored.ok()) << restored.error().message;
  auto opened = open_lmdb_engine(other);
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  const auto log = whole_log(**opened, team);
  ASSERT_TRUE(log.ok());
  EXPECT_GE(log->size() + 40, before);
  EXPECT_EQ(log->size() % 40, 0U) << "a prefix in the order of commits";
  for (std::size_t i = 0; i < log->size(); ++i)
    ASSERT_EQ((*log)[i].second, text_of(i + 1));
  const auto log_after = (*opened)->directory().team_of(team);
  ASSERT_TRUE(log_after && *log_after);
  EXPECT_NE((*log_after)->log, (*log_before)->log);
  EXPECT_EQ((*log_after)->slug, "team");
  const auto checked = check(**opened);
  ASSERT_TRUE(checked.ok());
  EXPECT_EQ(checked->finding_count, 0U);
  EXPECT_FALSE(restore_lmdb_store(other, file).ok()) << "a store is never replaced";
}

TEST_F(LmdbStore, RestoresNothingFromAFileThatIsNotABackup) {
  const auto file = folder() / "text";
  ASSERT_TRUE(replace_file(file, "not a backup at all, but longer than a head").ok());
  const auto restored = restore_lmdb_store(options, file);
  ASSERT_FALSE(restored.ok());
  EXPECT_EQ(restored.error().code, ec::bad_input);
  EXPECT_FALSE(has_store(options.state));
}

TEST_F(LmdbStore, MergesBlocksOfEventsThatCameOneByOne) {
  {
    const auto on = create();
    const team_id team = new_team(*on, "team");
    for (std::uint64_t number = 1; number <= 600; ++number)
      ASSERT_TRUE(commit(*on, team, samples(number, 1)).ok());
    const auto log = whole_log(*on, team);
    ASSERT_TRUE(log.ok());
    EXPECT_EQ(log->size(), 600U);
  }
  edit([](lmdb_txn& txn, const store_tables& tables) {
    EXPECT_LE(txn.entries(tables.blocks), 2U + 16U + 2U);
  });
}

using store_edit = std::function<void(lmdb_txn&, const store_tables&)>;

struct planted_damage {
  const char* name;
  store_edit plant; ///< to a team 1 of 600 events
};

std::string row_at(lmdb_txn& txn, MDB_dbi table, const std::string& key) {
  const auto row = txn.get(table, key);
  EXPECT_TRUE(row.has_value());
  return std::string(row.value_or(""));
}

std::string key_of_event(std::uint64_t number) {
  return std::string(view_of(key_of_id(id_of(number), 1)));
}

void put_head(lmdb_txn& txn, const store_tables& tables, sequence head) {
  auto row = decode_head(row_at(txn, tables.heads, key_of_team(1)));
  row.head = head;
  txn.put(tables.heads, key_of_team(1), encode(row));
}

std::vector<planted_damage> planted_damages() {
  return {
      {"ABlockIsMissing",
       [](auto& txn, const auto& tables) { txn.erase(tables.blocks, key_of_block(1, 256)); }},
      {"ABlockIsCut",
       [](auto& txn, const auto& tables) {
         auto row = row_at(txn, tables.blocks, key_of_block(1, 256));
         row.resize(row.size() / 2);
         txn.put(tables.blocks, key_of_block(1, 256), row);
       }},
      {"AByteOfABlockChanged",
       [](auto& txn, const auto& tables) {
         auto row = row_at(txn, tables.blocks, key_of_block(1, 512));
         row[row.size() / 2] = static_cast<char>(row[row.size() / 2] ^ 1);
         txn.put(tables.blocks, key_of_block(1, 512), row);
       }},
      {"ARowIsMissing",
       [](auto& txn, const auto& tables) { txn.erase(tables.ids, key_of_event(300)); }},
      {"ARowHasAnotherNumber",
       [](auto& txn, const auto& tables) {
         auto row = decode_id(row_at(txn, tables.ids, key_of_event(300)));
         row.seq = 301;
         std::string bytes;
         encode(row, bytes);
         txn.put(tables.ids, key_of_event(300), bytes);
       }},
      {"ALeafDoesNotFit",
       [](auto& txn, const auto& tables) {
         auto row = decode_id(row_at(txn, tables.ids, key_of_event(300)));
         row.leaf[0] ^= 1;
         std::string bytes;
         encode(row, bytes);
         txn.put(tables.ids, key_of_event(300), bytes);
       }},
      {"ARowWithoutAnEvent",
       [](auto& txn, const auto& tables) {
         txn.put(tables.ids, key_of_event(9000), row_at(txn, tables.ids, key_of_event(300)));
       }},
      {"ARowOfNoTeam",
       [](auto& txn, const auto& tables) {
         txn.put(tables.ids, view_of(key_of_id(id_of(1), 77)),
                 row_at(txn, tables.ids, key_of_event(300)));
       }},
      {"TheHeadIsTooHigh", [](auto& txn, const auto& tables) { put_head(txn, tables, 601); }},
      {"TheHeadIsTooLow", [](auto& txn, const auto& tables) { put_head(txn, tables, 599); }},
      {"ATextOfAnotherBlock",
       [](auto& txn, const auto& tables) {
         txn.put(tables.blocks, key_of_block(1, 512),
                 row_at(txn, tables.blocks, key_of_block(1, 256)));
       }},
  };
}

class LmdbDamage : public LmdbStore, public ::testing::WithParamInterface<planted_damage> {};

TEST_P(LmdbDamage, IsFoundByCheckAndHurtsNoOtherTeam) {
  {
    const auto on = create();
    ASSERT_EQ(new_team(*on, "team"), 1U);
    ASSERT_EQ(new_team(*on, "other"), 2U);
    ASSERT_TRUE(commit(*on, 1, samples(1, 600)).ok());
    ASSERT_TRUE(commit(*on, 2, samples(1, 50)).ok());
    const auto before = check(*on);
    ASSERT_TRUE(before.ok());
    ASSERT_EQ(before->finding_count, 0U);
  }
  edit(GetParam().plant);
  const auto on = open();
  ASSERT_TRUE(on);
  const auto checked = check(*on);
  ASSERT_TRUE(checked.ok()) << checked.error().message;
  EXPECT_GT(checked->finding_count, 0U);
  for (const auto& finding : checked->findings)
    EXPECT_EQ(finding.what.find("work number"), std::string::npos) << "no text in a finding";
  (void)read(*on, 1, 0); // answers, whatever it is
  const auto log = whole_log(*on, 2);
  ASSERT_TRUE(log.ok());
  EXPECT_EQ(log->size(), 50U);
  EXPECT_TRUE(commit(*on, 2, samples(51, 5)).ok());
}

INSTANTIATE_TEST_SUITE_P(Planted, LmdbDamage, ::testing::ValuesIn(planted_damages()),
                         [](const auto& info) { return std::string(info.param.name); });

} // namespace
} // namespace spec_kitty::server::store::testing
