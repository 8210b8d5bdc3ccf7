#include "tests/actors/queue/store_fixture.hpp"

#include "actors/queue/process_mark.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <iostream>

namespace spec_kitty {

namespace fs = std::filesystem;

namespace {

/// Ends the child: what its body returns, 99 for an exception.
[[noreturn]] void end_with(const std::function<int()>& body) {
  int status = 99;
  try {
    status = body();
  } catch (const std::exception& why) {
    std::cerr << "in a child: " << why.what() << '\n';
  }
  std::cerr.flush();
  std::cout.flush();
  ::_exit(status);
}

int outcome_of(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

} // namespace

int in_child(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0)
    end_with(body);
  return outcome_of(child);
}

waiting_child::waiting_child(std::function<int()> body) {
  if (::pipe(go_.data()) != 0)
    throw std::runtime_error("pipe");
  pid_ = ::fork();
  if (pid_ != 0)
    return;
  char byte = 0;
  if (::read(go_[0], &byte, 1) != 1)
    ::_exit(98);
  end_with(body);
}

waiting_child::~waiting_child() {
  for (const int fd : go_)
    ::close(fd);
  if (pid_ <= 0)
    return;
  ::kill(pid_, SIGKILL);
  outcome_of(pid_);
}

int waiting_child::run() {
  if (::write(go_[1], "x", 1) != 1)
    return 97;
  return outcome_of(std::exchange(pid_, -1));
}

event_draft draft_of(std::string_view team, std::string_view note) {
  event_draft draft;
  draft.event_type = "HistoryAdded";
  draft.aggregate_id = "WP01";
  draft.aggregate_type = "WorkPackage";
  draft.payload =
      R"({"wp_id":"WP01","entry_type":"note","entry_content":")" + std::string(note) + "\"}";
  draft.timestamp = "2026-02-03T04:05:06.000007Z";
  draft.team_slug = team;
  return draft;
}

std::vector<event_draft> drafts_of(std::size_t count, std::string_view team) {
  std::vector<event_draft> drafts;
  drafts.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    drafts.push_back(draft_of(team, "n" + std::to_string(i)));
  return drafts;
}

StoreTest::StoreTest() : home_(folder_.path() / "home"), now_(wall_clock_now()) {}

store_options StoreTest::options() const {
  store_options options{home_, [] { return node_seed{"host", "user", true}; }};
  options.max_events = max_events_;
  options.max_bytes = max_bytes_;
  options.busy_timeout = busy_timeout_;
  options.share_by_default = share_by_default_;
  options.evict_oldest = evict_oldest_;
  return options;
}

store StoreTest::open(open_mode mode) {
  auto opened = store::open(options(), mode);
  if (!opened)
    throw std::runtime_error(opened.error().message);
  return *std::move(opened);
}

std::vector<append_receipt> StoreTest::append(store& queue,
                                              const std::vector<event_draft>& drafts) {
  std::vector<append_receipt> receipts;
  const auto answers = queue.append(drafts, now_);
  EXPECT_TRUE(answers) << answers.error().message;
  if (!answers)
    return receipts;
  EXPECT_EQ(answers->size(), drafts.size());
  for (const auto& answer : *answers) {
    EXPECT_TRUE(answer) << answer.error().message;
    if (answer)
      receipts.push_back(*answer);
  }
  return receipts;
}

std::vector<append_receipt> StoreTest::append(store& queue, std::size_t count,
                                              std::string_view team) {
  return append(queue, drafts_of(count, team));
}

lease_grant StoreTest::lease(store& queue, std::string_view team, std::size_t most) {
  lease_request request;
  request.team_slug = team;
  request.max_events = most;
  request.ttl = std::chrono::minutes(1);
  auto grant = queue.lease(request, this_process(), now_);
  EXPECT_TRUE(grant) << grant.error().message;
  return grant ? *std::move(grant) : lease_grant{};
}

settle_outcome StoreTest::settle(store& queue, const lease_grant& grant, event_outcome what,
                                 std::string message, std::uint32_t max_retries) {
  settle_request request{grant.token, {}, max_retries};
  for (const auto& event : grant.events)
    request.verdicts.push_back({event.seq, event.event_id, what, message});
  auto outcome = queue.settle(request, now_);
  EXPECT_TRUE(outcome) << outcome.error().message;
  return outcome ? *std::move(outcome) : settle_outcome{};
}

void StoreTest::set_clock(std::uint64_t value) {
  const auto done = tables_of(home_)->write([&](lmdb_txn& txn, const store_tables& tables) {
    auto row = *summary::decode(*txn.get(tables.main, summary_key));
    row.clock = value;
    txn.put(tables.main, summary_key, row.encode());
    return true;
  });
  EXPECT_TRUE(done);
}

queue_stats StoreTest::stats(store& queue) {
  auto found = queue.stats();
  EXPECT_TRUE(found) << found.error().message;
  return found ? *std::move(found) : queue_stats{};
}

std::vector<listed_event> StoreTest::list(store& queue, std::string_view team) {
  std::vector<listed_event> all;
  const auto done = queue.list(
      team,
      [&](const listed_event& event) {
        all.push_back(event);
        return true;
      },
      now_);
  EXPECT_TRUE(done) << done.error().message;
  return all;
}

} // namespace spec_kitty
