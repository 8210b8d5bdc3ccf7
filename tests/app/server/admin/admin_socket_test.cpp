// admin.sock: the two sides, and peers that misbehave.
#include "app/server/admin/admin_socket.hpp"
#include "util/temp_folder.hpp"
#include "util/unix_socket.hpp"

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/stat.h>

#include <atomic>
#include <thread>
#include <vector>

namespace spec_kitty::server {
namespace {

struct AdminSocket : ::testing::Test {
  void start() {
    auto started = admin_listener::start(folder_.path(), [this](std::string_view request) {
      ++answered_;
      return "answer to " + std::string(request);
    });
    ASSERT_TRUE(started) << started.error().message;
    listener_ = std::move(*started);
  }
  std::optional<std::string> ask(std::string_view request) const {
    const auto reply = ask_running_server(folder_.path(), request);
    return reply ? *reply : std::optional<std::string>{};
  }

  temporary_folder folder_;
  std::atomic<int> answered_{0};
  std::unique_ptr<admin_listener> listener_;
};

TEST_F(AdminSocket, AnswersOneLineWithOneLine) {
  start();
  EXPECT_EQ(ask("hello"), "answer to hello");
  EXPECT_EQ(ask(""), "answer to ");
  const std::string large(1 << 20, 'x');
  EXPECT_EQ(ask(large), "answer to " + large);
}

TEST_F(AdminSocket, IsForItsOwnerAlone) {
  start();
  struct stat info {};
  ASSERT_EQ(::stat((folder_.path() / admin_socket_name).c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST_F(AdminSocket, WithoutAServerItSaysThatNoneRuns) {
  const auto none = ask_running_server(folder_.path(), "hello");
  ASSERT_TRUE(none) << none.error().message;
  EXPECT_FALSE(*none);
  start();
  listener_.reset();
  EXPECT_FALSE(*ask_running_server(folder_.path(), "hello"));
}

TEST_F(AdminSocket, ASocketThatADeadServerLeftIsReplaced) {
  ASSERT_TRUE(bind_in_home(folder_.path(), admin_socket_name, socket_kind::stream));
  start();
  EXPECT_EQ(ask("hello"), "answer to hello");
}

TEST_F(AdminSocket, ALineWithoutEndAndAPeerThatLeavesDisturbNobody) {
  start();
  const auto endless = connect_in_home(folder_.path(), admin_socket_name);
  ASSERT_TRUE(endless);
  const std::string chunk(1 << 16, 'x');
  std::size_t sent = 0;
  while (sent <= 2 * max_admin_request_bytes) {
    const auto now =
        ::send(endless->get(), chunk.data(), chunk.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (now < 0 && errno == EAGAIN && wait_for(endless->get(), true, std::chrono::seconds(10)))
      continue;
    if (now <= 0)
      break; // it hung up
    sent += static_cast<std::size_t>(now);
  }
  EXPECT_LE(sent, 2 * max_admin_request_bytes);
  { const auto leaves = connect_in_home(folder_.path(), admin_socket_name); }
  EXPECT_EQ(ask("hello"), "answer to hello");
  EXPECT_EQ(answered_, 1);
}

TEST_F(AdminSocket, ManyAskAtOnceAndEachHasItsAnswer) {
  start();
  std::atomic<int> right{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i)
    threads.emplace_back([&, i] {
      if (ask(std::to_string(i)) == "answer to " + std::to_string(i))
        ++right;
    });
  for (auto& thread : threads)
    thread.join();
  EXPECT_EQ(right, 16);
}

} // namespace
} // namespace spec_kitty::server
