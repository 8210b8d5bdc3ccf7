// After a start of the machine the daemon looks at the whole store, once, when it is idle.
#include "actors/queue/process_mark.hpp"
#include "app/chaos/store_check.hpp"
#include "tests/support/daemon_test.hpp"

#include <chrono>
#include <functional>

namespace spec_kitty::support {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

struct BootCheck : daemon_test {
  /// The store as another boot left it.
  void restart_machine(const std::function<void(lmdb_txn&, const store_tables&)>& and_change = {}) {
    ASSERT_TRUE(tables_of(home())->write([&](lmdb_txn& txn, const store_tables& tables) {
      auto row = *summary::decode(*txn.get(tables.main, summary_key));
      row.checked_on = {};
      txn.put(tables.main, summary_key, row.encode());
      if (and_change)
        and_change(txn, tables);
      return true;
    }));
  }
  ulid checked_on() const {
    ulid boot;
    const auto looked = tables_of(home())->read([&](lmdb_txn& txn, const store_tables& tables) {
      boot = summary::decode(*txn.get(tables.main, summary_key))->checked_on;
      return true;
    });
    EXPECT_TRUE(looked);
    return boot;
  }
};

TEST_F(BootCheck, AWholeStoreIsNotedAsChecked) {
  logged_in();
  emit(3);
  ASSERT_EQ(checked_on().bytes, this_process().boot.bytes) << "it was made on this boot";
  restart_machine();
  start_daemon();
  EXPECT_TRUE(eventually([&] { return checked_on().bytes == this_process().boot.bytes; }));
  EXPECT_EQ(stop_daemon().status, 0);
}

TEST_F(BootCheck, ADamagedStoreEndsTheDaemonWhichSaysSo) {
  emit(3); // held: there is no server
  restart_machine([](lmdb_txn& txn, const store_tables& tables) {
    lmdb_cursor events(txn, tables.events);
    ASSERT_TRUE(events.first());
    const std::string key(events.key());
    std::string row(events.value());
    row.back() = static_cast<char>(row.back() ^ 1);
    txn.put(tables.events, key, row);
  });
  start_daemon();
  EXPECT_TRUE(eventually([&] {
    return to_text(json_of({"sync", "daemon", "status"})).find("is damaged") != std::string::npos;
  }));
  EXPECT_EQ(daemon_->wait().signal, 0);
}

TEST_F(BootCheck, TheDaemonEndsInItsTimeThoughACheckRuns) {
  emit(3);
  restart_machine();
  start_daemon();
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(stop_daemon().status, 0);
  EXPECT_LT(std::chrono::steady_clock::now() - before, 20s);
}

} // namespace
} // namespace spec_kitty::support
