// A daemon behind nginx as TLS and WebSocket proxy, as most teams' servers stand.
#include "tests/support/daemon_test.hpp"
#include "tests/support/tls.hpp"

namespace spec_kitty::support {
namespace {

struct DaemonTls : daemon_test {
  void SetUp() override {
    if (!has_nginx())
      GTEST_SKIP() << "nginx is not installed";
    ca_ = std::make_unique<authority>(root() / "ca");
    port_ = free_port();
    server_set();
    env["SPEC_KITTY_TLS_CA_FILE"] = ca_->file();
    env["SPEC_KITTY_SYNC_SERVER_URL"] = "https://localhost:" + std::to_string(port_);
    show(ca_->issue("localhost"));
    ASSERT_EQ(log_in(*server).status, 0);
  }
  void show(const certificate& shown) {
    front_.reset();
    front_ = std::make_unique<tls_front>(root() / "nginx", shown, port_, server->port());
  }

  std::unique_ptr<authority> ca_;
  std::unique_ptr<tls_front> front_;
  int port_ = 0;
};

TEST_F(DaemonTls, EventsGoOverTheWebSocketAndComeBackAcknowledged) {
  start_daemon();
  ASSERT_TRUE(is_eventually("Connected"));
  emit_each(3);
  ASSERT_TRUE(drains());
  expect_all_on_server_in_order();
  stop_daemon();
  const auto lines = server->stop();
  EXPECT_EQ(std::count_if(lines.begin(), lines.end(),
                          [](const auto& line) { return line.starts_with(R"({"ws":"event")"); }),
            3);
}

TEST_F(DaemonTls, TheWebSocketComesThroughAProxyAsBatchesDo) {
  const connect_proxy proxy(root() / "seen", {"--map", "localhost=" + std::to_string(port_),
                                              "--account", "ann:secret-word"});
  const std::string address = proxy.url().substr(std::string("http://").size());
  ASSERT_EQ(cli({"config", "set", "sync.proxy", "-"}, "http://ann:secret-word@" + address).status,
            0);
  start_daemon();
  ASSERT_TRUE(is_eventually("Connected")) << cli({"sync", "status"}).out;
  emit_each(3);
  ASSERT_TRUE(drains());
  expect_all_on_server_in_order();
  stop_daemon();
  const auto lines = server->stop();
  EXPECT_EQ(std::count_if(lines.begin(), lines.end(),
                          [](const auto& line) { return line.starts_with(R"({"ws":"event")"); }),
            3);
  const std::string request = "CONNECT localhost:" + std::to_string(port_) + " HTTP/1.1\r\n";
  EXPECT_NE(proxy.seen().find(request, proxy.seen().find(request) + 1), std::string::npos)
      << "requests and the WebSocket";
}

TEST_F(DaemonTls, AProxyThatRefusesIsNamedAndBatchesSayWhy) {
  const connect_proxy proxy(root() / "seen", {"--refuse", "403"});
  ASSERT_EQ(cli({"config", "set", "sync.proxy", proxy.url()}).status, 0);
  start_daemon();
  emit_each(1);
  ASSERT_TRUE(eventually([&] {
    const auto shown = json_of({"sync", "status"});
    return text_of(*member(shown, "connection"), "reason").value_or("").find(proxy.url()) !=
           std::string::npos;
  })) << cli({"sync", "status"}).out;
  stop_daemon();
}

TEST_F(DaemonTls, AProxyThatGoesAndComesLosesNothing) {
  start_daemon();
  ASSERT_TRUE(is_eventually("Connected"));
  emit_each(1);
  front_.reset();
  emit_each(1);
  ASSERT_TRUE(is_eventually("Reconnecting"));
  emit_each(1);
  show(ca_->issue("localhost"));
  ASSERT_TRUE(is_eventually("Connected"));
  ASSERT_TRUE(drains());
  expect_all_on_server_in_order();
  stop_daemon();
}

TEST_F(DaemonTls, AWrongCertificateGetsNoEventAndNoToken) {
  show(ca_->issue("other.example"));
  start_daemon();
  emit_each(1);
  ASSERT_TRUE(eventually([&] {
    const auto shown = json_of({"sync", "status"});
    return text_of(*member(shown, "connection"), "reason").value_or("").find("certificate") !=
           std::string::npos;
  }));
  EXPECT_EQ(connection(), "Reconnecting");
  show(ca_->issue("localhost"));
  ASSERT_TRUE(is_eventually("Connected"));
  ASSERT_TRUE(drains());
  expect_all_on_server_in_order();
  stop_daemon();
}

} // namespace
} // namespace spec_kitty::support
