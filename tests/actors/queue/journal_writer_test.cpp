// The journal of delivered events: what is written can be read, it stays bounded, and whatever
// stands in its folder hurts nobody.
#include "actors/queue/journal_writer.hpp"
#include "tests/actors/queue/store_fixture.hpp"
#include "util/files.hpp"
#include "util/gzip.hpp"

#include <sys/resource.h>
#include <sys/stat.h>

#include <atomic>
#include <csignal>
#include <thread>

namespace spec_kitty {
namespace {

namespace fs = std::filesystem;

constexpr const char* server = "https://sync.example.com";
constexpr epoch_us noon = 1'770'120'000'000'000;

struct Journal : testing::Test {
  const support::temporary_folder folder;
  const fs::path home = folder.path() / "home";

  static settled_event event(std::uint64_t number, std::size_t bytes = 0) {
    return {R"({"event_id":"e)" + std::to_string(number) + R"(","note":")" +
                std::string(bytes, 'x') + "\"}",
            number % 2 == 1};
  }
  static std::vector<settled_event> events(std::uint64_t from, std::uint64_t count,
                                           std::size_t bytes = 0) {
    std::vector<settled_event> all;
    for (std::uint64_t i = 0; i < count; ++i)
      all.push_back(event(from + i, bytes));
    return all;
  }
  void add(journal_writer& writer, std::uint64_t from, std::uint64_t count) const {
    const auto added = writer.add(events(from, count), noon);
    EXPECT_TRUE(added) << (added ? "" : added.error().message);
  }
  std::vector<std::string> ids(std::vector<std::string>* problems = nullptr) const {
    std::vector<std::string> found;
    auto reported = read_journal(home, [&](const delivered_event& entry) {
      const auto text = parse_json(entry.json);
      found.push_back(text ? text_of(*text, "event_id").value_or("") : "");
      return true;
    });
    if (problems != nullptr)
      *problems = std::move(reported);
    else
      EXPECT_TRUE(reported.empty()) << reported.front();
    return found;
  }
};

TEST_F(Journal, WhatIsWrittenIsReadWithItsPlaceTimeAndAnswer) {
  journal_writer writer(home, 10000, server);
  add(writer, 0, 3);
  std::vector<delivered_event> found;
  EXPECT_TRUE(read_journal(home, [&](const delivered_event& entry) {
                found.push_back(entry);
                return true;
              }).empty());
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[1].json, event(1).json);
  EXPECT_EQ(found[1].server, server);
  EXPECT_EQ(found[1].delivered_at, noon);
  EXPECT_FALSE(found[0].known_before);
  EXPECT_TRUE(found[1].known_before);
}

TEST_F(Journal, SettlementsShareFilesOfAThousandWhoeverWritesThem) {
  journal_writer even(home, 10000, server);
  journal_writer odd(home, 10000, server);
  std::uint64_t next = 0;
  for (const std::uint64_t count : {1U, 700U, 1U, 900U, 2500U, 2U}) {
    add(next % 2 == 0 ? even : odd, next, count);
    next += count;
  }
  const auto found = ids();
  ASSERT_EQ(found.size(), next);
  for (std::uint64_t i = 0; i < next; ++i)
    ASSERT_EQ(found[i], "e" + std::to_string(i));
  const auto files = journal_files(home);
  EXPECT_EQ(files.size(), (next + 999) / 1000);
  for (const auto& file : files) {
    struct stat info {};
    ASSERT_EQ(::stat(file.path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
  }
}

TEST_F(Journal, KeepsWhatItIsToldAndFewerThanOneFileMore) {
  journal_writer writer(home, 2000, server);
  for (std::uint64_t next = 0; next < 9000; next += 300)
    add(writer, next, 300);
  const auto found = ids();
  EXPECT_GE(found.size(), 2000U);
  EXPECT_LT(found.size(), 3000U);
  EXPECT_EQ(found.back(), "e8999");
  journal_writer few(home, 10, server);
  add(few, 9000, 25);
  EXPECT_LT(ids().size(), 20U + 1000U) << "the files that are there already stay whole";
  for (std::uint64_t next = 9025; next < 9225; next += 5)
    add(few, next, 5);
  EXPECT_GE(ids().size(), 10U);
  EXPECT_LT(ids().size(), 20U);
}

TEST_F(Journal, WithZeroNothingIsKept) {
  journal_writer writer(home, 1000, server);
  add(writer, 0, 5);
  journal_writer none(home, 0, server);
  add(none, 5, 5);
  EXPECT_TRUE(ids().empty());
  EXPECT_TRUE(journal_files(home).empty());
}

TEST_F(Journal, AFileThatWasCutShortIsNamedAndTheNextOneBegins) {
  journal_writer writer(home, 10000, server);
  add(writer, 0, 5);
  add(writer, 5, 5);
  const auto file = journal_files(home).front().path;
  fs::resize_file(file, fs::file_size(file) - 10);
  const auto left = ids().size(); // the newest may be being written: nothing is reported
  EXPECT_GE(left, 5U);
  EXPECT_LT(left, 10U);
  journal_writer after(home, 10000, server);
  add(after, 10, 5);
  std::vector<std::string> problems;
  const auto found = ids(&problems);
  EXPECT_EQ(found.back(), "e14");
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_NE(problems.front().find(file.string()), std::string::npos) << problems.front();
}

TEST_F(Journal, HostileFilesArePassedOverAndNamed) {
  journal_writer writer(home, 10000, server);
  add(writer, 0, 5);
  const auto bomb = journal_path(home, 500);
  support::write_text(bomb, zlib_gzip(std::string(40 << 20, '\n'), 1));
  support::write_text(journal_path(home, 600), "this is not gzip");
  support::write_text(journal_path(home, 700), gzip("[]\n{\"event\":{}}\nnull\n"));
  fs::create_directories(journal_path(home, 800));
  fs::create_symlink("/etc/passwd", journal_path(home, 900));
  ASSERT_EQ(::mkfifo(journal_path(home, 950).c_str(), 0600), 0);
  support::write_text(home / journal_folder / "notes.txt", "mine");
  std::vector<std::string> problems;
  EXPECT_EQ(ids(&problems).size(), 5U);
  EXPECT_EQ(problems.size(), 6U);
  journal_writer after(home, 10000, server);
  add(after, 5, 5);
  EXPECT_EQ(ids(&problems).back(), "e9");
}

TEST_F(Journal, WritersOfSeveralProcessesMixWhole) {
  constexpr int writers = 4;
  constexpr std::uint64_t each = 300;
  std::atomic<int> missing{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < writers; ++i)
    threads.emplace_back([&, i] {
      journal_writer writer(home, 10000, server);
      for (std::uint64_t at = 0; at < each; at += 10)
        if (!writer.add(events(static_cast<std::uint64_t>(i) * each + at, 10), noon))
          ++missing; // a writer that waited too long: best effort
    });
  for (auto& thread : threads)
    thread.join();
  EXPECT_EQ(ids().size(), writers * each - static_cast<std::uint64_t>(missing) * 10);
}

TEST_F(Journal, AFullDiskLeavesWhatStoodThere) {
  journal_writer writer(home, 10000, server);
  add(writer, 0, 5);
  const auto failed = in_child([&] {
    rlimit few{1, 1};
    std::signal(SIGXFSZ, SIG_IGN);
    ::setrlimit(RLIMIT_FSIZE, &few);
    journal_writer full(home, 10000, server);
    return full.add(events(5, 500, 100), noon) ? 1 : 0;
  });
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(ids().size(), 5U);
}

struct StoreJournal : StoreTest {};

TEST_F(StoreJournal, ASettlementGivesOutWhatTheServerHas) {
  store queue = open();
  append(queue, 4);
  const auto grant = lease(queue);
  settle_request request{grant.token, {}, 5};
  const std::vector<event_outcome> outcomes = {event_outcome::delivered, event_outcome::rejected,
                                               event_outcome::duplicate, event_outcome::pending};
  for (std::size_t i = 0; i < outcomes.size(); ++i)
    request.verdicts.push_back({grant.events[i].seq, grant.events[i].event_id, outcomes[i], "m"});
  std::vector<settled_event> delivered;
  ASSERT_TRUE(queue.settle(request, now_, &delivered));
  ASSERT_EQ(delivered.size(), 2U);
  EXPECT_EQ(delivered[0].json, grant.events[0].json.view());
  EXPECT_FALSE(delivered[0].known_before);
  EXPECT_EQ(delivered[1].json, grant.events[2].json.view());
  EXPECT_TRUE(delivered[1].known_before);
}

} // namespace
} // namespace spec_kitty
