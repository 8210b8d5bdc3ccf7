// Clients that resume: where they go on, what they hear, and pages over HTTP.
#include "service_fixture.hpp"

#include "tests/app/server/core/batch_fixture.hpp"

#include <future>

namespace spec_kitty::server {
namespace {

using namespace std::chrono_literals;

class Resume : public service_test {
protected:
  Resume() {
    add_member("acme", "ann", role::member);
    add_member("acme", "ben", role::member);
  }
  void begin(service_limits limits = {}) {
    start(limits);
    ann_ = log_in("ann").access;
    ben_ = log_in("ben").access;
  }
  /// Events with these ids, in one batch.
  void send(const std::string& bearer, int first, int last) {
    std::vector<std::string> events;
    for (int i = first; i <= last; ++i)
      events.push_back(event_text({.id = id_of(i)}));
    ASSERT_EQ(send_batch(bearer, events).status, 200);
  }
  /// Open, with its snapshot in `snapshot_`.
  std::shared_ptr<test_socket> open(const std::string& bearer) {
    auto socket = connect(bearer, nullptr, {{"spec-kitty-extensions", "resume"}});
    if (socket)
      snapshot_ = socket->next_of("snapshot");
    return socket;
  }
  std::shared_ptr<test_socket> listening(const std::string& bearer, const std::string& place) {
    auto socket = open(bearer);
    if (!socket)
      return nullptr;
    socket->say(R"({"type":"resume","log":")" + text_of(snapshot_, "log").value_or("") + "\"," +
                place + "}");
    resumed_ = socket->next_of("resumed");
    return socket;
  }
  static std::string knows(const std::vector<std::pair<int, int>>& pairs) {
    std::string text = "\"known\":[";
    for (const auto& [seq, id] : pairs)
      text += (text.back() == '[' ? "[" : ",[") + std::to_string(seq) + ",\"" + id_of(id) + "\"]";
    return text + "]";
  }
  static std::string id_in(const json_value& message) {
    return text_of(*member(message, "event"), "event_id").value_or("");
  }
  void expect_events(test_socket& socket, int first, int last, std::string_view by) {
    for (int i = first; i <= last; ++i) {
      const auto message = socket.next_of("event");
      ASSERT_EQ(whole_number_of(message, "seq"), i);
      ASSERT_EQ(text_of(message, "by"), by);
      ASSERT_EQ(id_in(message), id_of(i));
    }
  }
  json_document page(const std::string& query, int status = 200) {
    auto reply = ask_page(query);
    EXPECT_EQ(reply.status, status) << reply.body;
    auto body = parse_json(reply.body);
    EXPECT_TRUE(body.ok());
    return body ? std::move(*body) : json_document{};
  }
  listener::outbound_reply ask_page(const std::string& query) {
    return ask("GET", "/api/v1/events/?" + query, {{"authorization", "Bearer " + ben_}});
  }
  void erase(store::sequence seq) {
    std::promise<result<void>> done;
    engine_->erase(teams_["acme"].id, seq, note(),
                   [&done](const result<void>& how) { done.set_value(how); });
    EXPECT_TRUE(done.get_future().get().ok());
  }
  std::string ann_, ben_;
  json_document snapshot_, resumed_;
};

TEST_F(Resume, BeginsWhereTheClientSaysAndNumbersEachEvent) {
  begin();
  send(ann_, 1, 5);
  const auto ben = listening(ben_, knows({{3, 3}, {1, 1}}));
  ASSERT_TRUE(ben);
  EXPECT_EQ(text_of(snapshot_, "log"), teams_["acme"].log);
  EXPECT_EQ(whole_number_of(snapshot_, "first"), 1);
  EXPECT_EQ(whole_number_of(snapshot_, "head"), 5);
  EXPECT_EQ(member(snapshot_, "work_packages")->Size(), 0U);
  EXPECT_EQ(whole_number_of(resumed_, "from"), 3);
  EXPECT_EQ(whole_number_of(resumed_, "head"), 5);
  expect_events(*ben, 4, 5, "ann");
  send(ann_, 6, 8);
  expect_events(*ben, 6, 8, "ann");
}

TEST_F(Resume, GoesBackToTheNewestEventThatTheLogReallyHas) {
  begin();
  send(ann_, 1, 4);
  ASSERT_TRUE(listening(ben_, knows({{900, 77}, {4, 66}, {2, 2}, {1, 1}})));
  EXPECT_EQ(whole_number_of(resumed_, "from"), 2);
  const auto ben = listening(ben_, knows({{900, 77}, {3, 1}}));
  ASSERT_TRUE(ben);
  EXPECT_EQ(whole_number_of(resumed_, "from"), 0) << "the id is of another number";
  expect_events(*ben, 1, 4, "ann");
  ASSERT_TRUE(listening(ben_, R"("from":"head")"));
  EXPECT_EQ(whole_number_of(resumed_, "from"), 4);
  ASSERT_TRUE(listening(ben_, R"("from":"first")"));
  EXPECT_EQ(whole_number_of(resumed_, "from"), 0);
}

TEST_F(Resume, SendsNothingBeforeTheClientHasSaidWhereItGoesOn) {
  begin();
  const auto ben = open(ben_);
  ASSERT_TRUE(ben);
  send(ann_, 1, 3);
  EXPECT_TRUE(ben->is_quiet_for(100ms));
  ben->say(R"({"type":"resume","known":[]})");
  EXPECT_EQ(whole_number_of(ben->next_of("resumed"), "from"), 0);
  expect_events(*ben, 1, 3, "ann");
}

TEST_F(Resume, EndsAConnectionThatDoesNotResumeOrDoesItTwice) {
  begin();
  const auto silent = open(ben_);
  const auto wrong = open(ben_);
  const auto twice = listening(ben_, R"("from":"head")");
  ASSERT_TRUE(silent && wrong && twice);
  wrong->say(R"({"type":"resume","known":7})");
  EXPECT_EQ(wrong->closed_within(10s), 1002);
  twice->say(R"({"type":"resume","from":"first"})");
  EXPECT_EQ(twice->closed_within(10s), 1002);
  move_clocks(11s);
  EXPECT_EQ(silent->closed_within(10s), 1002);
}

TEST_F(Resume, TellsOfTheSessionsOwnEventsByTheirNumberAlone) {
  begin();
  const auto ann = listening(ann_, R"("from":"first")");
  const auto again = log_in("ann").access;
  ASSERT_TRUE(ann);
  send(ann_, 1, 3);
  EXPECT_EQ(whole_number_of(ann->next_of("through"), "seq"), 3);
  ann->say(event_text({.id = id_of(4)}));
  EXPECT_EQ(text_of(ann->next_of("ack"), "status"), "accepted");
  EXPECT_EQ(whole_number_of(ann->next_of("through"), "seq"), 4);
  send(again, 5, 5); // the same account in another session
  expect_events(*ann, 5, 5, "ann");
  const auto later = listening(ann_, R"("from":"first")");
  ASSERT_TRUE(later);
  expect_events(*later, 5, 5, "ann");
}

TEST_F(Resume, HomesThatShareAMachineTokenHearEachOther) {
  start();
  const std::string token = add_machine_token("acme", "ann");
  const auto first = listening(token, R"("from":"first")");
  const auto other = listening(token, R"("from":"first")");
  ASSERT_TRUE(first && other);
  first->say(event_text());
  EXPECT_EQ(text_of(first->next_of("ack"), "status"), "accepted");
  expect_events(*other, 1, 1, "ann");
  EXPECT_EQ(whole_number_of(first->next_of("through"), "seq"), 1);
}

TEST_F(Resume, SaysWhatWasErased) {
  begin();
  send(ann_, 1, 6);
  erase(2);
  erase(3);
  erase(6);
  const auto ben = listening(ben_, knows({{3, 3}, {2, 2}}));
  ASSERT_TRUE(ben);
  EXPECT_EQ(whole_number_of(resumed_, "from"), 3) << "the number of an erased event stays known";
  const auto other = listening(ben_, R"("from":"first")");
  ASSERT_TRUE(other);
  expect_events(*other, 1, 1, "ann");
  auto gap = other->next_of("gap");
  EXPECT_EQ(to_text(gap), R"({"type":"gap","from":2,"to":3,"reason":"erased"})");
  expect_events(*other, 4, 5, "ann");
  gap = other->next_of("gap");
  EXPECT_EQ(whole_number_of(gap, "from"), 6);
  const auto read = page("after=1&limit=2");
  EXPECT_EQ(member(read, "events")->Size(), 2U);
  EXPECT_EQ(member(read, "gaps")->Size(), 2U);
  EXPECT_EQ(whole_number_of(read, "through"), 6);
}

TEST_F(Resume, ASlowReaderCatchesUpWithoutAGapAndWithItsPlace) {
  begin();
  send(ann_, 1, 2);
  const auto ben = listening(ben_, knows({{1, 1}}));
  ASSERT_TRUE(ben);
  expect_events(*ben, 2, 2, "ann");
  ben->stop_reading();
  for (int round = 0; round < 3; ++round)
    send(ann_, 3 + round * 400, 2 + (round + 1) * 400);
  ben->read_again();
  expect_events(*ben, 3, 1202, "ann");
  send(ann_, 1203, 1203);
  expect_events(*ben, 1203, 1203, "ann");
}

TEST_F(Resume, AndASnapshotOfWorkPackagesCanBeHadAtTheSameTime) {
  begin();
  send(ann_, 1, 3);
  const auto ben = listening(ben_, R"("from":"head")");
  ASSERT_TRUE(ben);
  const auto plain = connect(ben_);
  ASSERT_TRUE(plain);
  EXPECT_EQ(member(plain->next_of("snapshot"), "work_packages")->Size(), 1U);
  send(ann_, 4, 4);
  expect_events(*ben, 4, 4, "ann");
  const auto event = plain->next_of("event");
  EXPECT_EQ(id_in(event), id_of(4));
  EXPECT_EQ(member(event, "seq"), nullptr);
  plain->say(R"({"type":"resume","from":"head"})");
  (void)plain->next_of("error");
}

TEST_F(Resume, PagesOverHttpLeaveNothingOut) {
  begin();
  send(ann_, 1, 7);
  const std::string log = "log=" + teams_["acme"].log;
  std::int64_t after = 0;
  int next = 1;
  for (int round = 0; round < 4; ++round) {
    const auto read = page(log + "&limit=3&after=" + std::to_string(after));
    for (const auto& entry : member(read, "events")->GetArray()) {
      EXPECT_EQ(whole_number_of(entry, "seq"), next);
      EXPECT_EQ(text_of(entry, "by"), "ann");
      EXPECT_EQ(id_in(entry), id_of(next++));
    }
    EXPECT_EQ(whole_number_of(read, "head"), 7);
    after = *whole_number_of(read, "through");
  }
  EXPECT_EQ(next, 8);
  EXPECT_EQ(after, 7);
  const auto changed = page("log=" + id_of(1), 409);
  EXPECT_EQ(text_of(changed, "error_code"), "log_changed");
  EXPECT_EQ(text_of(page("limit=2000", 400), "error_code"), "invalid");
}

} // namespace
} // namespace spec_kitty::server
