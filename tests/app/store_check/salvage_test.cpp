// Of a damaged store everything is kept or named: no event goes without a word.
#include "app/store_check/full_check.hpp"
#include "app/store_check/rebuilt_store.hpp"
#include "tests/actors/queue/store_fixture.hpp"
#include "tests/support/store_damage.hpp"
#include "util/json.hpp"

#include "actors/queue/file_check.hpp"

#include <fstream>
#include <map>
#include <set>
#include <sstream>

namespace spec_kitty {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t variants = 120;

std::string id_of(const listed_event& event) {
  return text_of(*parse_json(event.json), "event_id").value_or("");
}

/// A store with all that a store can have.
class Salvage : public StoreTest {
protected:
  Salvage() {
    {
      store queue = open();
      append(queue, 8);
      settle(queue, lease(queue, "team-a", 5), event_outcome::rejected, "no", 1); // dead letters
      settle(queue, lease(queue, "team-a", 2), event_outcome::rejected, "not yet");
      append(queue, 30, "team-b");
      for (const std::size_t size : {5000U, 9000U, 20000U})
        append(queue, {draft_of("team-a", std::string(size, 'x'))});
      auto of_project = drafts_of(10);
      for (auto& draft : of_project) {
        draft.project_uuid = "6c2f1a52-8f0e-4b7e-9d7c-0d5f0a1b2c3d";
        draft.project_key = *draft.project_uuid;
        draft.project_name = "web";
      }
      append(queue, of_project);
      append(queue, 20);
      settle(queue, lease(queue, "team-a", 3), event_outcome::delivered);
      lease(queue, "team-b", 4);
      for (const auto& event : list(queue))
        recorded_.insert(id_of(event));
    }
    std::ostringstream bytes;
    bytes << std::ifstream(data(), std::ios::binary).rdbuf();
    whole_ = bytes.str();
  }

  fs::path data() const { return home_ / "queue" / "env" / "data.mdb"; }

  /// The ids in a store.
  std::set<std::string> ids_in(const fs::path& queue_folder) {
    auto settings = options();
    settings.home = queue_folder.parent_path();
    auto there = store::open(settings, open_mode::read);
    EXPECT_TRUE(there) << there.error().message;
    std::set<std::string> found;
    if (there)
      for (const auto& event : list(*there))
        found.insert(id_of(event));
    return found;
  }

  /// Repairs the store; everything that was recorded is in the new one, or named.
  void expect_accounted_for(std::string_view file, const std::string& what) {
    const auto kept = salvage(file);
    const fs::path other = folder_.path() / "other" / "queue";
    fs::remove_all(other.parent_path());
    fs::create_directories(other.parent_path());
    fs::permissions(other.parent_path(), fs::perms::owner_all);
    const auto made = write_rebuilt_store(kept, home_ / "queue", other);
    ASSERT_TRUE(made) << what << ": " << made.error().message;
    EXPECT_EQ(*damage_in(other / "env" / "data.mdb", looked_through::always), "") << what;
    auto known = ids_in(other);
    known.insert(kept.lost.begin(), kept.lost.end());
    std::size_t missing = 0;
    for (const auto& id : recorded_)
      missing += known.contains(id) ? 0U : 1U;
    EXPECT_TRUE(kept.unknown || missing <= kept.unnamed)
        << what << ": " << missing << " missing, " << kept.unnamed << " without a name";
  }

  /// The ids of a whole store are all of them.
  static bool is_whole(std::string_view file) {
    std::string why;
    const auto head = pages::read_header(file, why);
    return head && check_everything(file, *head).damage.empty();
  }

  std::string whole_;
  std::set<std::string> recorded_;
};

TEST_F(Salvage, AWholeStoreIsKeptAsItIs) {
  EXPECT_TRUE(is_whole(whole_));
  const auto kept = salvage(whole_);
  EXPECT_TRUE(kept.lost.empty());
  EXPECT_EQ(kept.unnamed + kept.found_again, 0U);
  EXPECT_EQ(kept.events.size() + kept.dead.size(), recorded_.size());
  expect_accounted_for(whole_, "whole");
}

TEST_F(Salvage, NoEventOfADamagedStoreGoesWithoutAWord) {
  for (std::uint64_t seed = 0; seed < variants; ++seed) {
    std::string how;
    const std::string bytes = support::damaged_bytes(whole_, seed, how);
    SCOPED_TRACE("seed " + std::to_string(seed) + ": " + how);
    expect_accounted_for(bytes, how);
    if (is_whole(bytes)) { // damage where nothing lies
      const auto kept = salvage(bytes);
      EXPECT_EQ(kept.events.size() + kept.dead.size(), recorded_.size());
    }
  }
}

TEST_F(Salvage, AFileThatWasEmptiedLosesAnUnknownNumber) {
  EXPECT_TRUE(salvage("").unknown);
  expect_accounted_for("", "empty");
}

TEST_F(Salvage, EventsKeepPlaceIdClockAndText) {
  std::string file = whole_;
  std::string why;
  const auto head = *pages::read_header(file, why);
  std::fill_n(file.begin() + static_cast<std::ptrdiff_t>(head.main.root * head.page_bytes),
              head.page_bytes, '\0'); // no table can be found, nor the summary
  const fs::path other = folder_.path() / "other" / "queue";
  fs::create_directories(other.parent_path());
  fs::permissions(other.parent_path(), fs::perms::owner_all);
  ASSERT_TRUE(write_rebuilt_store(salvage(file), home_ / "queue", other));
  std::map<std::string, std::string> before;
  store queue = open();
  for (const auto& event : list(queue))
    before[id_of(event)] = event.json;
  auto settings = options();
  settings.home = other.parent_path();
  auto rebuilt = store::open(settings, open_mode::write);
  ASSERT_TRUE(rebuilt) << rebuilt.error().message;
  std::size_t same = 0;
  for (const auto& event : list(*rebuilt)) {
    const auto earlier = before.find(id_of(event)); // what was delivered may be there again
    same += earlier != before.end() && earlier->second == event.json ? 1U : 0U;
  }
  EXPECT_EQ(same, before.size());
  const auto next = append(*rebuilt, 1).front();
  EXPECT_GT(next.lamport_clock, before.size());
}

TEST_F(Salvage, TwoEventsAtOnePositionAreBothKept) {
  store queue = open();
  const auto events = list(queue, "team-b");
  const auto& moved = events.at(events.size() / 2);
  const auto& other = events.at(events.size() / 2 + 2);
  std::string file = whole_;
  const std::string text = "HistoryAdded{\"event_id\":\"" + id_of(moved);
  int copies = 0;
  for (auto at = file.find(text); at != std::string::npos; at = file.find(text, at + 1), ++copies)
    file.replace(at - 48 - 8, 8, position_key(other.seq)); // the key is before the header
  ASSERT_GT(copies, 0);
  EXPECT_TRUE(salvage(file).lost.empty());
  expect_accounted_for(file, "a position twice");
}

class FullCheck : public Salvage {
protected:
  /// The store after a change that keeps every page whole.
  bool is_whole_after(const std::function<void(lmdb_txn&, const store_tables&)>& change) {
    EXPECT_TRUE(tables_of(home_)->write([&](lmdb_txn& txn, const store_tables& tables) {
      change(txn, tables);
      return true;
    }));
    const auto file = pages::mapped_file::open(data());
    return file && is_whole(file->bytes());
  }
};

TEST_F(FullCheck, FindsABitInAnEvent) {
  EXPECT_FALSE(is_whole_after([](lmdb_txn& txn, const store_tables& tables) {
    lmdb_cursor events(txn, tables.events);
    ASSERT_TRUE(events.last());
    const std::string key(events.key());
    std::string row(events.value());
    row[row.size() / 2] ^= 1;
    txn.put(tables.events, key, row);
  }));
}

TEST_F(FullCheck, FindsCountsThatAreWrong) {
  EXPECT_FALSE(is_whole_after([](lmdb_txn& txn, const store_tables& tables) {
    txn.put(tables.main, count_key("HistoryAdded"), encode_u64(1));
  }));
}

TEST_F(FullCheck, FindsReferencesThatLeadNowhere) {
  EXPECT_FALSE(is_whole_after([](lmdb_txn& txn, const store_tables& tables) {
    lmdb_cursor ids(txn, tables.ids);
    ASSERT_TRUE(ids.first());
    txn.put(tables.ids, std::string(ids.key()), position_key(4711));
  }));
}

TEST_F(FullCheck, FindsADeadLetterThatCannotBeRead) {
  EXPECT_FALSE(is_whole_after([](lmdb_txn& txn, const store_tables& tables) {
    lmdb_cursor dead(txn, tables.dead);
    ASSERT_TRUE(dead.first());
    txn.put(tables.dead, std::string(dead.key()), "short");
  }));
}

} // namespace
} // namespace spec_kitty
