// The link against implementations that are not ours: python3-websockets, and nginx before it.
#include "tests/actors/link/link_fixture.hpp"
#include "tests/support/tls.hpp"

#include <gtest/gtest.h>

namespace spec_kitty {
namespace {

using support::open_link;
using support::ws_server;

TEST(LinkPeers, SnapshotAckAndClose) {
  const ws_server server;
  const open_link link(server.request());
  ASSERT_TRUE(link.seen.wait_texts(1));
  EXPECT_EQ(link.seen.texts()[0], R"({"type": "snapshot", "work_packages": []})");
  link.link->send({R"({"event_id":"E1"})"});
  ASSERT_TRUE(link.seen.wait_texts(2));
  EXPECT_EQ(link.seen.texts()[1], R"({"type": "ack", "event_id": "E1"})");
  link.link->send({"close 4000"});
  const auto end = link.seen.wait_ended();
  EXPECT_EQ(end.how, link_end::closed);
  EXPECT_EQ(end.close_code, 4000);
  EXPECT_NE(end.words.find("as asked"), std::string::npos) << end.words;
}

TEST(LinkPeers, WrongTokenIsRefusedWith401) {
  const ws_server server;
  auto request = server.request();
  request.bearer = "another";
  const open_link link(std::move(request));
  const auto end = link.seen.wait_ended();
  EXPECT_EQ(end.how, link_end::refused) << end;
  EXPECT_EQ(end.http_status, 401);
}

TEST(LinkPeers, MegabytesGoBothWays) {
  const ws_server server;
  const open_link link(server.request());
  const std::string big(std::size_t{3} << 20, 'm');
  link.link->send({big});
  ASSERT_TRUE(link.seen.wait_texts(2));
  EXPECT_EQ(link.seen.texts()[1], big);
}

TEST(LinkPeers, ManyTextsKeepTheirOrder) {
  const ws_server server;
  const open_link link(server.request());
  for (int i = 0; i < 2000; ++i)
    link.link->send({"text " + std::to_string(i)});
  ASSERT_TRUE(link.seen.wait_texts(2001));
  const auto texts = link.seen.texts();
  for (std::size_t i = 0; i < 2000; ++i)
    ASSERT_EQ(texts[i + 1], "text " + std::to_string(i));
}

// ── TLS, ended by nginx ──────────────────────────────────────────────────────────────────────────

class LinkTls : public ::testing::Test {
protected:
  /// A link through nginx, which shows that certificate.
  link_request front(const support::certificate& shown) {
    const int port = support::free_port();
    front_ =
        std::make_unique<support::tls_front>(folder_.path() / "nginx", shown, port, server_.port());
    auto request = server_.request();
    request.host = "localhost";
    request.port = port;
    request.tls = true;
    request.ca_file = ca_.file();
    return request;
  }
  /// The failure is the certificate's, and the message names it.
  void expect_not_accepted(link_request request, const std::string& why) {
    const open_link link(std::move(request));
    const auto end = link.seen.wait_ended();
    EXPECT_EQ(end.how, link_end::tls_refused) << static_cast<int>(end.how) << end.words;
    EXPECT_NE(end.words.find(why), std::string::npos) << end.words;
    EXPECT_EQ(link.seen.opened(), 0);
  }

  support::temporary_folder folder_;
  support::authority ca_{folder_.path() / "ca"};
  ws_server server_;
  std::unique_ptr<support::tls_front> front_;
};

TEST_F(LinkTls, AcceptedCertificateCarriesTextsBothWays) {
  const open_link link(front(ca_.issue("localhost")));
  ASSERT_TRUE(link.seen.wait_texts(1)) << link.seen.wait_ended().words;
  const std::string big(std::size_t{2} << 20, 't');
  link.link->send({big});
  ASSERT_TRUE(link.seen.wait_texts(2)) << link.seen.wait_ended().words;
  EXPECT_EQ(link.seen.texts()[1], big);
  link.link->close();
  EXPECT_EQ(link.seen.wait_ended().how, link_end::asked);
}

TEST_F(LinkTls, CertificateOfAnotherNameIsNotAccepted) {
  expect_not_accepted(front(ca_.issue("elsewhere.example")), "hostname mismatch");
}

TEST_F(LinkTls, ExpiredCertificateIsNotAccepted) {
  expect_not_accepted(front(ca_.issue("localhost", true)), "expired");
}

TEST_F(LinkTls, CertificateOfAnUnknownAuthorityIsNotAccepted) {
  const support::authority stranger(folder_.path() / "stranger");
  expect_not_accepted(front(stranger.issue("localhost")), "unable to get local issuer");
  expect_not_accepted(front(ca_.self_signed("localhost")), "self-signed");
}

TEST_F(LinkTls, SystemsAuthoritiesDoNotVouchForOurs) {
  auto request = front(ca_.issue("localhost"));
  request.ca_file.clear();
  expect_not_accepted(std::move(request), "certificate");
}

TEST_F(LinkTls, MissingOrEmptyAuthoritiesAreNamed) {
  auto request = front(ca_.issue("localhost"));
  const std::string missing = (folder_.path() / "missing.pem").string();
  request.ca_file = missing;
  expect_not_accepted(request, missing);
  request.ca_file = folder_.path().string(); // a folder
  expect_not_accepted(request, folder_.path().string());
  support::write_text(missing, "no certificate\n");
  request.ca_file = missing;
  expect_not_accepted(request, "certificate");
}

TEST_F(LinkTls, ManyAtOnceDoNotDisturbEachOther) {
  const auto request = front(ca_.issue("localhost"));
  std::vector<std::unique_ptr<open_link>> all;
  for (int i = 0; i < 8; ++i)
    all.push_back(std::make_unique<open_link>(request));
  for (const auto& address : all)
    EXPECT_TRUE(address->seen.wait_texts(1)) << address->seen.wait_ended().words;
}

TEST_F(LinkTls, PlainServerOnATlsPortIsLost) {
  auto request = server_.request();
  request.tls = true;
  request.ca_file = ca_.file();
  const open_link link(std::move(request));
  EXPECT_EQ(link.seen.wait_ended().how, link_end::lost) << link.seen.wait_ended().words;
}

} // namespace
} // namespace spec_kitty
