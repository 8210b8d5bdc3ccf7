// The space of a drained store comes back, and nothing is lost on the way: with other processes at
// work, with a program that does not know of it, and with kills at any moment.
#include "tests/actors/queue/store_fixture.hpp"

#include "util/file_system.hpp"

#include <fcntl.h>
#include <lmdb.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>

namespace spec_kitty {
namespace {

namespace fs = std::filesystem;

class StoreSpace : public StoreTest {
protected:
  fs::path queue_folder() const { return home_ / "queue"; }
  std::uint64_t data_bytes() const { return fs::file_size(queue_folder() / "env" / "data.mdb"); }

  /// A store that gives space back as soon as it may.
  store open_eager() {
    auto wanted = options();
    wanted.keep_file_bytes = 0;
    auto opened = store::open(wanted, open_mode::write);
    if (!opened)
      throw std::runtime_error(opened.error().message);
    return *std::move(opened);
  }

  bool returned(store& queue) {
    const auto done = queue.return_space();
    EXPECT_TRUE(done) << done.error().message;
    return done && *done;
  }

  /// Every row of every table.
  std::map<std::string, std::string> all_rows() {
    std::map<std::string, std::string> rows;
    EXPECT_TRUE(tables_of(home_)->read([&](lmdb_txn& txn, const store_tables& tables) {
      char name = 'a';
      for (const auto table : {tables.events, tables.ids, tables.attempts, tables.dead,
                               tables.leases, tables.teams, tables.team_queue, tables.main}) {
        const bool is_main = table == tables.main;
        lmdb_cursor cursor(txn, table);
        for (bool more = cursor.first(); more; more = cursor.next())
          if (!is_main || !is_table_name(cursor.key()))
            rows[name + std::string(cursor.key())] = cursor.value();
        ++name;
      }
      return true;
    }));
    return rows;
  }
  static bool is_table_name(std::string_view key) {
    static const std::set<std::string_view> names = {"ev", "ids", "att", "dead", "lz", "pt", "tq"};
    return names.contains(key);
  }

  std::set<std::string> names_in_queue() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(queue_folder()))
      names.insert(entry.path().filename().string());
    return names;
  }

  /// Nothing but the store is in its folder, at once or within a bounded time.
  bool is_tidy_soon() const {
    const std::set<std::string> wanted = {"env", "lock"};
    return support::eventually([&] { return names_in_queue() == wanted; });
  }

  std::set<std::string> ids_in(store& queue) {
    std::set<std::string> ids;
    for (const auto& event : list(queue))
      ids.insert(*text_of(*parse_json(event.json), "event_id"));
    return ids;
  }
};

TEST_F(StoreSpace, ADrainedStoreReturnsItsSpace) {
  store queue = open_eager();
  for (int burst = 0; burst < 10; ++burst)
    append(queue, 500);
  const auto before = data_bytes();
  while (stats(queue).live > 10)
    settle(queue, lease(queue, "team-a", 499), event_outcome::delivered);
  const auto clock = append(queue, 1).front().lamport_clock;
  const auto rows = all_rows();
  ASSERT_TRUE(returned(queue));
  EXPECT_LT(data_bytes(), before / 10);
  EXPECT_EQ(all_rows(), rows);
  EXPECT_EQ(append(queue, 1).front().lamport_clock, clock + 1);
  EXPECT_EQ(recount(queue, home_), "");
}

TEST_F(StoreSpace, EveryKindOfRowIsKept) {
  store queue = open_eager();
  append(queue, 6);
  append(queue, 2, local_team);
  auto project = draft_of("team-b");
  project.project_key = "git:0123";
  project.project_name = "web";
  append(queue, {project});
  settle(queue, lease(queue, "team-a", 2), event_outcome::rejected, "no", 1);
  settle(queue, lease(queue, "team-a", 2), event_outcome::rejected, "again", 5);
  ASSERT_TRUE(queue.adopt({"https://sync.example", "ana", "team-b", false}));
  ASSERT_TRUE(queue.note_error("{}"));
  const auto grant = lease(queue, "team-a", 1);
  const auto rows = all_rows();
  ASSERT_TRUE(returned(queue));
  EXPECT_EQ(all_rows(), rows);
  settle(queue, grant, event_outcome::delivered);
  EXPECT_EQ(recount(queue, home_), "");
}

TEST_F(StoreSpace, AFileThatIsSmallOrInUseStaysAsItIs) {
  store queue = open();
  append(queue, 10);
  EXPECT_FALSE(returned(queue)) << "the file is small";
  max_bytes_ = std::uint64_t{256} << 20;
  const std::string note(60000, 'x');
  for (int i = 0; i < 9; ++i)
    append(queue, std::vector<event_draft>(10, draft_of("team-a", note)));
  const auto before = data_bytes();
  auto wanted = options();
  wanted.keep_file_bytes = 0;
  store eager = *store::open(wanted, open_mode::write);
  EXPECT_FALSE(returned(eager)) << "5 MB of events wait";
  EXPECT_GE(data_bytes(), before);
}

/// A process beside the test: it opens the store, says so, waits for a word, and continues.
class neighbour {
public:
  explicit neighbour(const std::function<int(const std::function<void()>& pause)>& body) {
    if (::pipe(ready_.data()) != 0 || ::pipe(go_.data()) != 0)
      throw std::runtime_error("pipe");
    child_ = ::fork();
    if (child_ == 0)
      ::_exit(body([&] {
        char byte = 'r';
        (void)!::write(ready_[1], &byte, 1);
        (void)!::read(go_[0], &byte, 1);
      }));
    char byte = 0;
    (void)!::read(ready_[0], &byte, 1);
  }
  int finish() {
    (void)!::write(go_[1], "g", 1);
    int status = 0;
    ::waitpid(child_, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

private:
  std::array<int, 2> ready_{};
  std::array<int, 2> go_{};
  pid_t child_ = -1;
};

TEST_F(StoreSpace, AnotherProcessRecordsIntoTheNewFile) {
  in_child([&] {
    store queue = open();
    return append(queue, 3).size() == 3 ? 0 : 1;
  });
  neighbour other([&](const auto& pause) {
    store queue = open();
    const auto before = stats(queue).live;
    pause();
    return before == 3 && list(queue).size() == 4 && append(queue, 1).size() == 1 ? 0 : 1;
  });
  store queue = open_eager();
  ASSERT_TRUE(returned(queue));
  append(queue, 1);
  EXPECT_EQ(other.finish(), 0);
  EXPECT_EQ(stats(queue).live, 5U);
  EXPECT_EQ(recount(queue, home_), "");
}

TEST_F(StoreSpace, AReaderFollowsToo) {
  in_child([&] {
    store queue = open();
    return append(queue, 3).size() == 3 ? 0 : 1;
  });
  neighbour other([&](const auto& pause) {
    store queue = open(open_mode::read);
    const auto before = stats(queue).live;
    pause();
    return before == 3 && stats(queue).live == 4 ? 0 : 1;
  });
  store queue = open_eager();
  ASSERT_TRUE(returned(queue));
  append(queue, 1);
  EXPECT_EQ(other.finish(), 0);
}

TEST_F(StoreSpace, NothingIsExchangedUnderAnEarlierProgram) {
  in_child([&] {
    store queue = open();
    return append(queue, 3).size() == 3 ? 0 : 1;
  });
  neighbour earlier([&](const auto& pause) {
    MDB_env* env = nullptr;
    mdb_env_create(&env);
    mdb_env_set_maxdbs(env, 16);
    if (mdb_env_open(env, (queue_folder() / "env").c_str(), MDB_NOTLS, 0600) != 0)
      return 1;
    pause();
    return 0;
  });
  store queue = open_eager();
  EXPECT_FALSE(returned(queue));
  EXPECT_EQ(earlier.finish(), 0);
  EXPECT_TRUE(returned(queue));
}

TEST_F(StoreSpace, WhatAnInterruptedExchangeLeftIsRemoved) {
  store queue = open();
  append(queue, 1);
  fs::create_directories(queue_folder() / "env.new.4711");
  std::ofstream(queue_folder() / "env.new.4711" / "data.mdb") << "half";
  fs::create_directories(queue_folder() / "env.old.01HF7YAT00AB2CD3EF4GH5JK6M");
  queue.remove_leftovers();
  EXPECT_TRUE(is_tidy_soon());
  EXPECT_EQ(stats(queue).live, 1U);
}

/// Processes that record, drain, read, rewrite and are killed.
class StoreSpaceKills : public StoreSpace {
protected:
  /// Appends the id as a line in one write: whole, also when the process is killed after it.
  void note(const char* file, const std::string& id) const {
    const unique_fd fd(
        ::open((folder_.path() / file).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    const std::string line = id + "\n";
    (void)!::write(fd.get(), line.data(), line.size());
  }
  std::set<std::string> noted(const char* file) const {
    std::set<std::string> ids;
    std::ifstream in(folder_.path() / file);
    for (std::string id; std::getline(in, id);)
      ids.insert(id);
    return ids;
  }

  pid_t begin(const std::function<void()>& body) {
    const pid_t child = ::fork();
    if (child == 0) {
      busy_timeout_ = std::chrono::seconds(30);
      try {
        for (;;)
          body();
      } catch (const std::exception& why) {
        std::cerr << "a worker: " << why.what() << std::endl;
        ::_exit(1);
      }
    }
    return child;
  }

  void emit() {
    store queue = open();
    for (int n = 0; n < 20; ++n) {
      for (const auto& receipt : append(queue, 3))
        note("acknowledged", receipt.event_id);
      (void)support::eventually([&] { return stats(queue).live < 500; }); // a drainer is coming
    }
  }
  void read() {
    store queue = open(open_mode::read);
    for (int n = 0; n < 20; ++n)
      (void)list(queue);
  }
  void drain_and_rewrite() {
    store queue = open_eager();
    for (;;) {
      const auto grant = lease(queue, "team-a", 400);
      for (const auto& event : grant.events)
        note("delivered", event.event_id.str());
      settle(queue, grant, event_outcome::delivered);
      (void)!::write(begun_[1], "b", 1);
      if (queue.return_space())
        note("rewritten", "x");
      queue.remove_leftovers();
    }
  }

  std::array<int, 2> begun_{}; ///< a byte for each rewriting that begins
};

TEST_F(StoreSpaceKills, LoseNothing) {
  const char* wanted = std::getenv("SPEC_KITTY_TEST_KILLS");
  const int kills = wanted == nullptr ? 15 : std::atoi(wanted);
  std::mt19937 chance(20261130);
  std::uniform_int_distribution<int> micros(0, 5000);
  ASSERT_EQ(::pipe(begun_.data()), 0);
  in_child([&] {
    store queue = open();
    return 0;
  });
  std::vector<pid_t> workers;
  for (int i = 0; i < 4; ++i)
    workers.push_back(begin([&] { emit(); }));
  workers.push_back(begin([&] { read(); }));
  for (int round = 0; round < kills; ++round) {
    const pid_t victim = begin([&] { drain_and_rewrite(); });
    char byte = 0;
    ASSERT_EQ(::read(begun_[0], &byte, 1), 1);
    std::this_thread::sleep_for(std::chrono::microseconds(micros(chance)));
    ::kill(victim, SIGKILL);
    ::waitpid(victim, nullptr, 0);
  }
  for (const pid_t worker : workers) {
    EXPECT_EQ(::waitpid(worker, nullptr, WNOHANG), 0) << "a worker ended by itself";
    ::kill(worker, SIGKILL);
    ::waitpid(worker, nullptr, 0);
  }
  store queue = open();
  auto known = ids_in(queue);
  known.merge(noted("delivered"));
  std::size_t lost = 0;
  for (const auto& id : noted("acknowledged"))
    lost += known.contains(id) ? 0U : 1U;
  EXPECT_EQ(lost, 0U);
  EXPECT_GT(noted("acknowledged").size(), 0U);
  std::ifstream done(folder_.path() / "rewritten");
  RecordProperty("rewritten",
                 static_cast<int>(std::count(std::istreambuf_iterator<char>(done), {}, 'x')));
  EXPECT_EQ(recount(queue, home_), "");
  store eager = open_eager();
  EXPECT_TRUE(returned(eager)) << "it can still be done";
  eager.remove_leftovers();
  EXPECT_TRUE(is_tidy_soon());
}

} // namespace
} // namespace spec_kitty
