// TLS for real: nginx in front of the hostile server. Where the certificate is not the right one,
// neither password nor token nor event leaves this machine, and the exit status is 4.
#include "config/credentials.hpp"
#include "tests/support/tls.hpp"

namespace spec_kitty::support {
namespace {

struct Tls : hostile_test {
  void SetUp() override {
    if (!has_nginx())
      GTEST_SKIP() << "nginx is not installed";
    ca_ = std::make_unique<authority>(root() / "ca");
    port_ = free_port();
    env["SPEC_KITTY_TLS_CA_FILE"] = ca_->file();
    env["SPEC_KITTY_SYNC_SERVER_URL"] = "https://localhost:" + std::to_string(port_);
  }

  void show(const certificate& shown) {
    front_.reset();
    front_ = std::make_unique<tls_front>(root() / "nginx", shown, port_, peer.port());
  }

  /// Logged in behind the right certificate, with three events to send.
  void be_ready() {
    show(ca_->issue("localhost"));
    ASSERT_EQ(log_in("anna").status, 0);
    ids_ = record(3);
    peer.reset_counters();
  }

  /// Neither a sync nor a login gets anywhere, and nothing secret is on the wire.
  void expect_refused() {
    const auto report = sync(4);
    EXPECT_EQ(error_part(report, "code"), "transport");
    EXPECT_NE(error_part(report, "hint"), "");
    EXPECT_EQ(number_in(report, {"transient"}), 3);
    const auto login = log_in("anna");
    EXPECT_EQ(login.status, 4) << login.err;
    EXPECT_EQ(counted("requests"), 0) << "a request came through";
    EXPECT_EQ(to_text(*member(peer.tokens(), "strays")), "[]");
    for (const auto& event : list())
      EXPECT_EQ(event.retry_count, 0);
  }

  /// The proxy is named, with what it did and the command that leaves it out; in doctor too.
  void expect_named(const std::string& proxy, const std::string& why) const {
    for (const words& typed : {words{"sync", "now"}, {"sync", "doctor"}}) {
      const auto done = cli(typed);
      const auto text = done.out + done.err;
      EXPECT_NE(text.find("the proxy " + proxy), std::string::npos) << text;
      EXPECT_NE(text.find(why), std::string::npos) << text;
      EXPECT_NE(text.find(" config set sync.proxy none"), std::string::npos) << text;
    }
  }

  void expect_delivered_once_it_is_right() {
    show(ca_->issue("localhost"));
    EXPECT_EQ(number_in(sync(), {"synced"}), 3);
    expect_delivered(ids_);
  }

  /// No token of this home is among these bytes.
  void expect_no_token_in(const std::string& bytes) const {
    const auto tokens = peer.tokens();
    for (const auto& token : member(tokens, "issued")->GetArray())
      EXPECT_EQ(bytes.find(token.GetString()), std::string::npos);
    EXPECT_EQ(bytes.find(peer.password()), std::string::npos);
  }

  std::unique_ptr<authority> ca_;
  std::unique_ptr<tls_front> front_;
  std::vector<std::string> ids_;
  int port_ = 0;
};

TEST_F(Tls, TheRightCertificateIsAcceptedAndEverythingArrives) {
  be_ready();
  EXPECT_EQ(number_in(sync(), {"synced"}), 3);
  expect_delivered(ids_);
  peer.refuse_every_access_token();
  ids_.push_back(record(1).front());
  sync();
  expect_delivered(ids_);
}

TEST_F(Tls, ACertificateForAnotherNameIsRefused) {
  be_ready();
  show(ca_->issue("other.example"));
  expect_refused();
  EXPECT_NE(cli({"sync", "now"}).err.find("certificate of another host name"), std::string::npos);
  expect_delivered_once_it_is_right();
}

TEST_F(Tls, AnExpiredCertificateIsRefused) {
  be_ready();
  show(ca_->issue("localhost", true));
  expect_refused();
  EXPECT_NE(cli({"sync", "now"}).err.find("certificate has expired"), std::string::npos);
  expect_delivered_once_it_is_right();
}

TEST_F(Tls, ACertificateOfAnUnknownAuthorityIsRefused) {
  be_ready();
  const authority stranger(root() / "stranger");
  show(stranger.issue("localhost"));
  expect_refused();
  EXPECT_NE(cli({"sync", "now"}).err.find("certificate issued by an unknown authority"),
            std::string::npos);
  EXPECT_NE(cli({"sync", "doctor"}).out.find("config set tls.ca_file"), std::string::npos);
  expect_delivered_once_it_is_right();
}

TEST_F(Tls, WithoutTheFileOnlyTheSystemsAuthoritiesAreTrusted) {
  be_ready();
  env.erase("SPEC_KITTY_TLS_CA_FILE");
  expect_refused();
  env["SPEC_KITTY_TLS_CA_FILE"] = ca_->file();
  expect_delivered_once_it_is_right();
}

TEST_F(Tls, ASelfSignedCertificateIsRefused) {
  be_ready();
  show(ca_->self_signed("localhost"));
  expect_refused();
  expect_delivered_once_it_is_right();
}

TEST_F(Tls, PlainTextOnTheTlsPortIsRefused) {
  be_ready();
  {
    front_.reset();
    const raw_server plain(
        http_reply_text("200 OK", "Content-Type: application/json\r\n", R"({"results":[]})"),
        port_);
    expect_refused();
  }
  expect_delivered_once_it_is_right();
}

TEST_F(Tls, APortThatDoesNotSpeakTlsIsNamedWithTheUrlThatWorks) {
  const dev_server plain(root() / "plain");
  const std::string address = "://localhost:" + std::to_string(plain.port());
  env["SPEC_KITTY_SYNC_SERVER_URL"] = "https" + address;
  const auto login = log_in("anna");
  EXPECT_EQ(login.status, 4);
  EXPECT_NE(login.err.find("does not speak https at this port"), std::string::npos) << login.err;
  EXPECT_NE(login.err.find("spec-kitty sync server http" + address), std::string::npos);
  EXPECT_NE(cli({"sync", "doctor"}).out.find("sync server http" + address), std::string::npos);
}

TEST_F(Tls, AnAuthorityFileThatIsMissingOrNoneIsSaidAndNothingIsSent) {
  be_ready();
  for (const auto& wrong : {root() / "no-such-file.pem", root() / "not-a-certificate.pem"}) {
    if (wrong.filename() == "not-a-certificate.pem")
      write_text(wrong, "this is not PEM\n");
    env["SPEC_KITTY_TLS_CA_FILE"] = wrong.string();
    expect_refused();
    EXPECT_NE(cli({"sync", "now"}).err.find("tls.ca_file"), std::string::npos);
  }
  env["SPEC_KITTY_TLS_CA_FILE"] = ca_->file();
  expect_delivered_once_it_is_right();
}

TEST_F(Tls, AHandshakeThatHangsEndsInTime) {
  be_ready();
  front_.reset();
  {
    const raw_server silent("", port_);
    const auto done = cli({"sync", "now"});
    EXPECT_EQ(done.status, 4);
    EXPECT_LT(done.took, std::chrono::seconds(4)) << "sync.timeout_s is 2";
  }
  expect_delivered_once_it_is_right();
}

TEST_F(Tls, ThroughAProxyTheNameIsTheServersAndTheProxySeesNoToken) {
  be_ready();
  show(ca_->issue("sync.example.com"));
  const connect_proxy proxy(root() / "seen",
                            {"--map", "sync.example.com=" + std::to_string(port_)});
  env["https_proxy"] = proxy.url();
  env["SPEC_KITTY_SYNC_SERVER_URL"] = "https://sync.example.com"; // no DNS knows where it is
  EXPECT_EQ(log_in("anna").status, 0);
  const auto more = record(2);
  sync();
  EXPECT_TRUE(proxy.seen().starts_with("CONNECT sync.example.com:443 HTTP/1.1\r\n"));
  expect_no_token_in(proxy.seen());
  ids_.insert(ids_.end(), more.begin(), more.end());
  expect_delivered(ids_);
}

TEST_F(Tls, AProxyThatRefusesEndsInStatusFourAndHasSeenNoToken) {
  be_ready();
  for (const char* status : {"403", "407", "502"}) {
    const connect_proxy proxy(root() / ("seen-" + std::string(status)), {"--refuse", status});
    env["https_proxy"] = proxy.url();
    expect_refused();
    EXPECT_TRUE(proxy.seen().starts_with("CONNECT localhost:")) << proxy.seen();
    expect_no_token_in(proxy.seen());
    expect_named(proxy.url(), status);
  }
  const std::string down = "http://127.0.0.1:" + std::to_string(free_port());
  env["https_proxy"] = down;
  expect_refused();
  expect_named(down, "cannot be reached");
  EXPECT_EQ(cli({"config", "set", "sync.proxy", "none"}).status, 0) << "the command of the hint";
  expect_delivered_once_it_is_right();
}

TEST_F(Tls, AProxyCannotPutItsOwnCertificateInTheServersPlace) {
  be_ready();
  const authority stranger(root() / "stranger");
  const int other_port = free_port();
  const tls_front middle(root() / "middle", stranger.issue("localhost"), other_port, peer.port());
  const connect_proxy proxy(root() / "seen", {"--map", "localhost=" + std::to_string(other_port)});
  env["https_proxy"] = proxy.url();
  expect_refused();
  expect_no_token_in(proxy.seen());
  env.erase("https_proxy");
  expect_delivered_once_it_is_right();
}

TEST_F(Tls, AProxyOfTheSettingsGetsItsAccountAndNobodySeesIt) {
  be_ready();
  show(ca_->issue("sync.example.com"));
  const connect_proxy proxy(root() / "seen", {"--map", "sync.example.com=" + std::to_string(port_),
                                              "--account", "ann:p@ss:phrase"});
  const std::string address = proxy.url().substr(std::string("http://").size());
  const auto set =
      cli({"config", "set", "sync.proxy", "-"}, "http://ann:p%40ss%3Aphrase@" + address);
  EXPECT_EQ(set.status, 0) << set.err;
  env["https_proxy"] = "http://127.0.0.1:1"; // the setting counts
  env["SPEC_KITTY_SYNC_SERVER_URL"] = "https://sync.example.com";
  EXPECT_EQ(log_in("anna").status, 0);
  const auto more = record(2);
  sync();
  ids_.insert(ids_.end(), more.begin(), more.end());
  expect_delivered(ids_);
  EXPECT_EQ(cli({"config", "set", "sync.proxy", "-"}, "http://ann:wrong-phrase@" + address).status,
            0);
  const auto done = cli({"sync", "doctor"});
  EXPECT_NE((done.out + done.err).find("wants a user name and a password (407)"), std::string::npos)
      << done.out;
  EXPECT_EQ((set.out + set.err + done.out + done.err).find("phrase"), std::string::npos)
      << done.out;
}

TEST_F(Tls, NoProxyIsRespected) {
  be_ready();
  const connect_proxy proxy(root() / "seen", {"--refuse", "403"});
  env["https_proxy"] = proxy.url();
  env["no_proxy"] = "example.com,localhost";
  sync();
  EXPECT_EQ(proxy.seen(), "");
  expect_delivered(ids_);
}

struct PlainHttp : hostile_test {};

TEST_F(PlainHttp, ToThisMachineNeverGoesThroughAProxy) {
  const connect_proxy proxy(root() / "seen", {});
  for (const char* name : {"http_proxy", "https_proxy", "all_proxy", "ALL_PROXY", "HTTPS_PROXY"})
    env[name] = proxy.url();
  be_logged_in();
  const auto ids = record(2);
  sync();
  EXPECT_EQ(proxy.seen(), "");
  expect_delivered(ids);
}

TEST_F(PlainHttp, OffLoopbackIsRefusedBeforeAByteLeaves) {
  be_logged_in();
  record(2);
  const auto before = json_of({"config", "get", "sync.server_url"});
  const connect_proxy proxy(root() / "seen", {}); // were a request made, it would come here
  env["http_proxy"] = env["all_proxy"] = proxy.url();
  peer.reset_counters();
  for (const char* url :
       {"http://sync.example.com", "http://192.0.2.1:8080", "http://127.0.0.1.example.com",
        "http://0127.0.0.1", "http://localhost.example.com", "http://[::ffff:127.0.0.1]",
        "http://127.0.0.1@sync.example.com", "HTTP://2130706433"}) {
    SCOPED_TRACE(url);
    EXPECT_EQ(error_part(json_of({"sync", "server", url}, 1), "code"), "bad_url");
    EXPECT_EQ(error_part(json_of({"config", "set", "sync.server_url", url}, 1), "code"), "bad_url");
    launch what = command({"sync", "now"});
    what.env["SPEC_KITTY_SYNC_SERVER_URL"] = url;
    EXPECT_EQ(run(what).status, 1);
    what.argv[2] = "status";
    EXPECT_EQ(run(what).status, 1);
  }
  EXPECT_EQ(to_text(json_of({"config", "get", "sync.server_url"})), to_text(before));
  EXPECT_EQ(proxy.seen(), "");
  EXPECT_EQ(counted("connections"), 0);
  EXPECT_EQ(list().size(), 2U);
}

} // namespace
} // namespace spec_kitty::support
