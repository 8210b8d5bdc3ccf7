// A damaged store answers with store_corrupt and its remedy: never a crash, never made-up events.
#include "tests/actors/queue/store_fixture.hpp"

#include <fstream>

namespace spec_kitty {
namespace {

namespace fs = std::filesystem;

class StoreDamage : public StoreTest {
protected:
  StoreDamage() {
    store queue = open();
    for (int i = 0; i < 4; ++i)
      append(queue, 100);
    settle(queue, lease(queue, "team-a", 50), event_outcome::rejected, "no");
  }

  fs::path data() const { return home_ / "queue" / "env" / "data.mdb"; }

  void overwrite(std::size_t from, const std::string& bytes) {
    std::fstream out(data(), std::ios::in | std::ios::out | std::ios::binary);
    out.seekp(static_cast<std::streamoff>(from));
    out << bytes;
  }

  /// Everything a command could do, in a process of its own: 0 when all of it worked, 1 when some
  /// said store_corrupt with a remedy, 2 for any other failure; negative for a crash.
  int use(open_mode mode) {
    return in_child([&] {
      int worst = 0;
      const auto judge = [&](const auto& done) {
        if (done)
          return true;
        const bool corrupt = done.error().code == ec::store_corrupt && !done.error().hint.empty();
        worst = std::max(worst, corrupt ? 1 : 2);
        return false;
      };
      auto queue = store::open(options(), mode);
      if (!judge(queue))
        return worst;
      judge(queue->stats());
      judge(queue->list(
          "team-a", [](const listed_event&) { return true; }, now_));
      if (mode == open_mode::read)
        return worst;
      judge(queue->append(drafts_of(3), now_));
      const auto grant = queue->lease({"team-a", 0, ~0ULL, 400, 1 << 20, std::chrono::minutes(1)},
                                      process_mark{}, now_);
      judge(grant);
      settle_request request{grant ? grant->token : 0, {}, 5};
      if (grant)
        for (const auto& event : grant->events)
          request.verdicts.push_back({event.seq, event.event_id, event_outcome::delivered, ""});
      judge(queue->settle(request, now_));
      judge(queue->adopt({"https://x", "ana", "team-a", true}));
      return worst;
    });
  }

  void expect_corrupt_not_crashed(const std::string& what) {
    EXPECT_EQ(use(open_mode::read), 1) << what << ", reading";
    const int writing = use(open_mode::write);
    EXPECT_TRUE(writing == 0 || writing == 1) << what << ", writing: " << writing;
  }
};

TEST_F(StoreDamage, AnUndamagedStoreWorks) {
  EXPECT_EQ(use(open_mode::read), 0);
  EXPECT_EQ(use(open_mode::write), 0);
}

TEST_F(StoreDamage, AFileOfOtherBytes) {
  std::ofstream(data(), std::ios::binary | std::ios::trunc) << std::string(100000, 'x');
  expect_corrupt_not_crashed("text");
}

TEST_F(StoreDamage, AFileOfZeros) {
  std::ofstream(data(), std::ios::binary | std::ios::trunc) << std::string(100000, '\0');
  EXPECT_EQ(use(open_mode::read), 1);
  EXPECT_EQ(use(open_mode::write), 1);
}

TEST_F(StoreDamage, GarbledMetaPages) {
  overwrite(0, std::string(8192, 'x'));
  expect_corrupt_not_crashed("meta");
}

TEST_F(StoreDamage, AFileThatWasCutShort) {
  const auto whole = fs::file_size(data());
  for (const auto size : {whole - 100000, whole / 2, std::uintmax_t{12288}, std::uintmax_t{8192}}) {
    fs::resize_file(data(), size);
    expect_corrupt_not_crashed("cut to " + std::to_string(size));
  }
}

TEST_F(StoreDamage, AFewPagesMissingAtTheEndAreNoReasonToRefuseAStore) {
  fs::resize_file(data(), fs::file_size(data()) - 1); // LMDB itself may leave a file like that
  EXPECT_EQ(use(open_mode::write), 0);
}

TEST_F(StoreDamage, PagesOfZerosInTheMiddle) {
  for (std::size_t page = fs::file_size(data()) / 4096 - 1; page > 10; page -= 10)
    overwrite(page * 4096, std::string(4096, '\0'));
  expect_corrupt_not_crashed("zeros");
}

TEST_F(StoreDamage, BytesFlippedInsideAnEvent) {
  ASSERT_TRUE(tables_of(home_)->write([](lmdb_txn& txn, const store_tables& tables) {
    std::string row(*txn.get(tables.events, position_key(60)));
    row[row.size() / 2] ^= 1;
    txn.put(tables.events, position_key(60), row);
    return true;
  }));
  EXPECT_EQ(use(open_mode::read), 1);
  EXPECT_EQ(use(open_mode::write), 1);
}

TEST_F(StoreDamage, RowsThatAreTooShort) {
  const fs::path whole = home_ / "whole";
  fs::copy_file(data(), whole);
  for (int which = 0; which < 5; ++which) {
    fs::copy_file(whole, data(), fs::copy_options::overwrite_existing);
    ASSERT_TRUE(tables_of(home_)->write([&](lmdb_txn& txn, const store_tables& tables) {
      if (which == 0)
        txn.put(tables.attempts, position_key(2), "x");
      if (which == 1)
        txn.put(tables.leases, position_key(1), "short");
      if (which == 2)
        txn.put(tables.main, schema_key, encode_schema(0));
      if (which == 3)
        txn.put(tables.main, summary_key, "short");
      if (which == 4)
        txn.put(tables.main, node_key, "0123456789\"b"); // it would end a text in an event
      return true;
    }));
    EXPECT_EQ(use(open_mode::read), which < 2 ? 0 : 1) << which;
  }
}

} // namespace
} // namespace spec_kitty
