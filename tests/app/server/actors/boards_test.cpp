// Boards of teams in memory: which are kept, which are dropped, and who is refused when there is no
// room. Time is the service's own clock, which the tests move.
#include "service_fixture.hpp"

#include "app/server/pages/browser_sessions.hpp"
#include "tests/app/server/core/batch_fixture.hpp"

#include <thread>

namespace spec_kitty::server {
namespace {

using namespace std::chrono_literals;

constexpr auto host = "kitty.example";

class Boards : public service_test {
protected:
  Boards() {
    add_member("acme", "ann", role::member);
    add_member("globex", "bob", role::member);
  }
  ~Boards() override {
    stop();
    for (const auto& socket : sockets_)
      socket->events = {}; // they hold the actor, whose thread would not end
  }
  void begin() {
    start();
    ann_ = cookie_of("ann");
    bob_ = cookie_of("bob");
  }
  std::string cookie_of(const std::string& user) {
    const browser_sessions sessions(accounts(), [this] { return wall(); });
    const auto header = sessions.begin(users_.at(user).id, {});
    EXPECT_TRUE(header.ok());
    return header ? header->value.substr(0, header->value.find(';')) : "";
  }
  void send_events(const std::string& user, const std::string& team, int first, int count) {
    std::vector<std::string> events;
    for (int number = first; number < first + count; ++number)
      events.push_back(event_text({.id = id_of(number), .team = '"' + team + '"'}));
    EXPECT_EQ(send_batch(log_in(user).access, events).status, 200);
  }
  listener::outbound_reply look(const std::string& cookie) {
    return ask("GET", "/board/state", {{"host", host}, {"cookie", cookie}});
  }
  std::shared_ptr<test_socket> stream(const std::string& cookie) {
    listener::inbound_request request;
    request.method = "GET";
    request.path = "/board/stream";
    request.headers = {
        {"host", host}, {"cookie", cookie}, {"origin", std::string("https://") + host}};
    auto socket = upgrade(std::move(request));
    if (socket)
      sockets_.push_back(socket);
    return socket;
  }
  /// A stream that has said hello and got the whole board.
  std::shared_ptr<test_socket> showing(const std::string& cookie) {
    auto socket = stream(cookie);
    if (!socket)
      return nullptr;
    socket->say(R"({"token":null,"resume":0})");
    EXPECT_NE(socket->next().find(R"("whole":true)"), std::string::npos);
    return socket;
  }
  std::string figure(const std::string& name) const {
    const std::string text = service_->metrics();
    const auto at = text.find("\n" + name + " ");
    return at == std::string::npos
               ? ""
               : text.substr(at + name.size() + 2, text.find('\n', at + 1) - at - name.size() - 2);
  }
  /// Waits until the figure has this value: figures are told once a second.
  testing::AssertionResult comes_to(const std::string& name, const std::string& value) const {
    for (int turn = 0; turn < 1500; ++turn, std::this_thread::sleep_for(20ms))
      if (figure(name) == value)
        return testing::AssertionSuccess();
    return testing::AssertionFailure() << name << " is " << figure(name);
  }
  /// Sends acme's event of that number and waits until its board has it: a board that is in memory
  /// then has outlived a round of the clean-up.
  testing::AssertionResult still_hears_of(int number) {
    send_events("ann", "acme", number, 1);
    return comes_to("spec_kitty_board_events", std::to_string(number));
  }

  std::string ann_, bob_;
  std::vector<std::shared_ptr<test_socket>> sockets_;
};

TEST_F(Boards, AreDroppedWhenNobodyHasAskedForTenMinutes) {
  begin();
  send_events("ann", "acme", 1, 5);
  ASSERT_EQ(look(ann_).status, 200);
  EXPECT_TRUE(comes_to("spec_kitty_boards", "1"));
  EXPECT_TRUE(comes_to("spec_kitty_board_events", "5"));
  move_clocks(590s);
  EXPECT_TRUE(still_hears_of(6)) << "ten minutes are not over";
  ASSERT_EQ(look(ann_).status, 200);
  move_clocks(590s);
  EXPECT_TRUE(still_hears_of(7)) << "they begin with the last request";
  move_clocks(20s);
  EXPECT_TRUE(comes_to("spec_kitty_boards", "0"));
  EXPECT_TRUE(comes_to("spec_kitty_board_events", "0"));
  const auto again = look(ann_);
  EXPECT_EQ(again.status, 200);
  EXPECT_NE(again.body.find(R"("position":7)"), std::string::npos) << "read anew: " << again.body;
}

TEST_F(Boards, AreKeptAsLongAsAPageShowsThem) {
  begin();
  send_events("ann", "acme", 1, 5);
  const auto page = showing(ann_);
  ASSERT_TRUE(page);
  EXPECT_TRUE(comes_to("spec_kitty_boards", "1"));
  move_clocks(1200s);
  EXPECT_TRUE(still_hears_of(6));
  EXPECT_FALSE(page->closed_within(0ms));
  page->leave();
  EXPECT_TRUE(still_hears_of(7)) << "who loads the page anew finds it";
  move_clocks(601s);
  EXPECT_TRUE(comes_to("spec_kitty_boards", "0"));
}

TEST_F(Boards, ThatNobodyLooksAtMakeRoomForOthers) {
  boards_.boards = 1;
  begin();
  send_events("ann", "acme", 1, 5);
  send_events("bob", "globex", 6, 2);
  EXPECT_EQ(look(ann_).status, 200);
  EXPECT_EQ(look(bob_).status, 200);
  EXPECT_TRUE(comes_to("spec_kitty_boards", "1"));
  EXPECT_TRUE(comes_to("spec_kitty_board_events", "2"));
  EXPECT_NE(look(ann_).body.find(R"("position":5)"), std::string::npos) << "read anew";
}

TEST_F(Boards, AreRefusedWhereAllInMemoryAreLookedAt) {
  boards_.boards = 1;
  begin();
  const auto page = showing(ann_);
  ASSERT_TRUE(page);
  const auto refused = look(bob_);
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(text_in(refused, "error_code"), "busy");
  EXPECT_TRUE(has_header(refused, "Retry-After"));
  const auto other = stream(bob_);
  ASSERT_TRUE(other);
  EXPECT_EQ(other->closed_within(patience), 1013);
  EXPECT_EQ(look(ann_).status, 200) << "the board that is there still answers";
  page->leave();
  EXPECT_EQ(look(bob_).status, 200) << "there is room again";
}

TEST_F(Boards, AreRefusedWhereTheirEventsFillTheMemory) {
  boards_.events = 5;
  begin();
  send_events("ann", "acme", 1, 5);
  const auto page = showing(ann_);
  ASSERT_TRUE(page);
  EXPECT_EQ(look(bob_).status, 503);
  page->leave();
  EXPECT_EQ(look(bob_).status, 200);
  EXPECT_TRUE(comes_to("spec_kitty_board_events", "0")) << "the larger one was dropped";
}

TEST_F(Boards, RefuseRequestsBeyondThoseThatMayWait) {
  boards_.waiting = 0;
  begin();
  const auto refused = look(ann_);
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(text_in(refused, "error_code"), "busy");
}

} // namespace
} // namespace spec_kitty::server
