// A WebSocket as a program uses it: shared texts from any thread, bounded queues, and ends that are
// always reported.
#include "tests/app/listener/listener_fixture.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace spec_kitty::listener {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

std::unique_ptr<raw_client> open_socket(test_program& program, int receive_buffer = 0) {
  client_options options;
  options.receive_buffer = receive_buffer;
  auto client = std::make_unique<raw_client>(program.port(), options);
  client->send(upgrade_request());
  EXPECT_EQ(statuses_in(client->read_reply(false)), std::vector<int>{101});
  return client;
}

TEST(Websocket, SendsFromAnyThreadInOrder) {
  test_program program;
  const auto client = open_socket(program);
  ASSERT_TRUE(program.eventually([&] { return program.channels() == 1; }));
  const auto channel = program.channel();
  std::thread sender([&] {
    for (int count = 0; count < 1000; ++count)
      EXPECT_TRUE(channel->send(
          std::make_shared<const std::string>(3, static_cast<char>('a' + count % 26))));
  });
  for (int count = 0; count < 1000; ++count)
    ASSERT_EQ(client->read(5), "\x81\x03" + std::string(3, static_cast<char>('a' + count % 26)));
  sender.join();
  EXPECT_TRUE(program.eventually([&] { return channel->unsent() == 0; }));
}

TEST(Websocket, OfAPeerThatDoesNotReadIsClosedWith1013AndCut) {
  listener_options options;
  options.limits.overflow_close = milliseconds(200);
  test_program program(options);
  const auto client = open_socket(program, 4096);
  const auto begun = steady_clock::now();
  client->send(masked_frame(0x81, "blast 2000"));
  ASSERT_TRUE(program.eventually([&] { return program.closed().size() == 1; }));
  EXPECT_LT(steady_clock::now() - begun, milliseconds(5'000));
  EXPECT_EQ(program.closed().front().code, 1013);
  EXPECT_EQ(program.overflows().size(), 1U);
  EXPECT_EQ(program.listener().counters().websocket_overflows, 1U);
  EXPECT_FALSE(program.channel()->send(std::make_shared<const std::string>("late")));
}

TEST(Websocket, OfAPeerThatCatchesUpKnowsWhatWasWritten) {
  test_program program;
  program.on_overflow = overflow_action::catch_up;
  const auto client = open_socket(program, 4096);
  client->send(masked_frame(0x81, "begin"));
  EXPECT_EQ(client->read(7), "\x81\x05"
                             "begin");
  const auto channel = program.channel();
  const auto piece = std::make_shared<const std::string>(10'000, 'b');
  std::uint64_t mark = 0;
  while (channel->send(piece, mark + 1))
    ++mark;
  ASSERT_TRUE(program.eventually([&] { return program.overflows().size() == 1; }));
  const auto overflow = program.overflows().front();
  EXPECT_FALSE(channel->send(piece));
  EXPECT_LT(overflow.last_mark, mark);
  // Everything up to the last mark arrives, and nothing else.
  const std::size_t written = overflow.last_mark * 10'004;
  EXPECT_EQ(client->read(written).size(), written);
  channel->resume();
  EXPECT_TRUE(channel->send(std::make_shared<const std::string>("again")));
  EXPECT_EQ(client->read(7), "\x81\x05"
                             "again");
  EXPECT_EQ(program.closed().size(), 0U);
}

TEST(Websocket, IsReadOnlyAsFastAsItsMessagesAreHandled) {
  listener_options options;
  options.limits.max_unhandled_bytes = 100'000;
  test_program program(options);
  const auto client = open_socket(program);
  client->send(masked_frame(0x81, "hold"));
  EXPECT_EQ(client->read(6), "\x81\x04hold");
  const std::string message(10'000, 'x');
  const std::string frame = masked_frame(0x81, message);
  for (int count = 0; count < 20; ++count)
    client->send(frame);
  ASSERT_TRUE(program.eventually([&] { return program.messages().size() >= 11; }));
  // Another connection is served meanwhile; this one has to wait.
  const auto other = open_socket(program);
  other->send(masked_frame(0x81, "other"));
  ASSERT_TRUE(program.eventually([&] { return program.messages().back() == "other"; }));
  EXPECT_LE(program.messages().size(), 13U);
  program.drop_held();
  ASSERT_TRUE(program.eventually([&] { return program.messages().size() == 22; }));
}

TEST(Websocket, IsClosedByTheProgramWithItsCode) {
  test_program program;
  const auto client = open_socket(program);
  client->send(masked_frame(0x81, "close 4001"));
  EXPECT_EQ(client->read(12), std::string("\x88\x0a\x0f\xa1", 4) + "as asked");
  client->send(masked_frame(0x88, "\x0f\xa1"));
  EXPECT_EQ(client->read_all(), "");
  ASSERT_TRUE(program.eventually([&] { return program.closed().size() == 1; }));
  EXPECT_EQ(program.closed().front().code, 4001);
}

TEST(Websocket, IsCutWhenThePeerDoesNotAnswerTheClose) {
  listener_options options;
  options.limits.websocket_close = milliseconds(200);
  test_program program(options);
  const auto client = open_socket(program);
  client->send(masked_frame(0x81, "close 1008"));
  EXPECT_EQ(client->read(12).size(), 12U);
  EXPECT_EQ(client->read_all(milliseconds(5'000)), "");
  EXPECT_TRUE(client->ended());
  ASSERT_TRUE(program.eventually([&] { return program.closed().size() == 1; }));
  EXPECT_EQ(program.closed().front().code, 1008);
}

TEST(Websocket, PingsASilentPeerAndCutsIt) {
  listener_options options;
  options.limits.websocket_silence = milliseconds(400);
  test_program program(options);
  const auto client = open_socket(program);
  EXPECT_EQ(client->read(2), std::string("\x89\0", 2));
  client->send(masked_frame(0x8a, "")); // an answer keeps it open
  EXPECT_EQ(client->read(2), std::string("\x89\0", 2));
  EXPECT_EQ(client->read_all(milliseconds(5'000)), "");
  EXPECT_TRUE(client->ended());
  ASSERT_TRUE(program.eventually([&] { return program.closed().size() == 1; }));
}

TEST(Websocket, ReportsAPeerThatVanishes) {
  test_program program;
  const auto client = open_socket(program);
  ASSERT_TRUE(program.eventually([&] { return program.channels() == 1; }));
  client->reset();
  ASSERT_TRUE(program.eventually([&] { return program.closed().size() == 1; }));
  EXPECT_EQ(program.closed().front().code, 1006);
  EXPECT_TRUE(program.eventually([&] { return program.listener().counters().connections == 0; }));
}

TEST(Websocket, ChannelsOutliveTheListener) {
  std::shared_ptr<websocket_channel> channel;
  {
    test_program program;
    const auto client = open_socket(program);
    ASSERT_TRUE(program.eventually([&] { return program.channels() == 1; }));
    channel = program.channel();
    program.stop(milliseconds(0));
  }
  EXPECT_FALSE(channel->send(std::make_shared<const std::string>("late")));
  channel->close(1000);
  channel->resume();
  EXPECT_EQ(channel->unsent(), 0U);
}

TEST(Websocket, TakesASnapshotOfEightMegabytes) {
  test_program program;
  const auto client = open_socket(program);
  ASSERT_TRUE(program.eventually([&] { return program.channels() == 1; }));
  EXPECT_TRUE(program.channel()->send(std::make_shared<const std::string>(8U << 20, 's')));
  EXPECT_TRUE(program.channel()->send(std::make_shared<const std::string>("event")));
  EXPECT_EQ(client->read(10 + (8U << 20)).size(), 10 + (8U << 20));
  EXPECT_EQ(client->read(7), "\x81\x05"
                             "event");
}

} // namespace
} // namespace spec_kitty::listener
