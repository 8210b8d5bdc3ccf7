// TLS of the listener: handshakes that do not come about, ALPN, resumption, and a new certificate
// while connections are open.
#include "app/listener/tls.hpp"
#include "tests/app/listener/listener_fixture.hpp"

#include <gtest/gtest.h>

#include <openssl/pem.h>
#include <unistd.h>

#include <ctime>
#include <fstream>

namespace spec_kitty::listener {
namespace {

using std::chrono::milliseconds;
namespace fs = std::filesystem;

constexpr transport_kind with_tls = transport_kind::tls;

bool is_served(raw_client& client) {
  client.send(get("/healthz"));
  return statuses_in(client.read_reply()) == std::vector<int>{200};
}

void replace(const tls_files& old, const tls_files& by) {
  fs::copy_file(by.certificate, old.certificate, fs::copy_options::overwrite_existing);
  fs::copy_file(by.key, old.key, fs::copy_options::overwrite_existing);
}

TEST(Tls, NeedsAHandshakeInTime) {
  listener_options options;
  options.limits.tls_handshake = milliseconds(300);
  options.limits.linger = milliseconds(200);
  test_program program(options, with_tls);
  raw_client silent(program.port());
  EXPECT_EQ(silent.read_all(milliseconds(5'000)), "");
  EXPECT_TRUE(silent.ended());
  raw_client dripping(program.port());
  const std::string greeting("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
  for (const char byte : greeting) {
    dripping.send({&byte, 1});
    if (!dripping.read(1, milliseconds(50)).empty() || dripping.ended())
      break;
  }
  (void)dripping.read_all(milliseconds(5'000));
  EXPECT_TRUE(dripping.ended());
  EXPECT_EQ(program.listener().counters().tls_failures, 2U);
}

TEST(Tls, IsNotSpokenWithGarbageOrPlainHttp) {
  test_program program({}, with_tls);
  for (const std::string& sent :
       {get("/healthz"), std::string(1000, '\xff'),
        std::string("\x16\x03\x01\xff\xff", 5) + std::string(70'000, 'x')}) {
    raw_client client(program.port());
    client.send(sent);
    EXPECT_EQ(client.read_all().find("HTTP"), std::string::npos);
    EXPECT_TRUE(client.ended());
  }
  raw_client proper(program.port(), {with_tls});
  EXPECT_TRUE(is_served(proper));
}

TEST(Tls, ChoosesHttp11AndRefusesWhatCannotSpeakIt) {
  test_program program({}, with_tls);
  client_options options{with_tls};
  options.protocols = "\x02h2\x08http/1.1";
  raw_client both(program.port(), options);
  ASSERT_TRUE(both.connected());
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(both.tls(), &chosen, &size);
  EXPECT_EQ(std::string(chosen, chosen + size), "http/1.1");
  EXPECT_TRUE(is_served(both));
  options.protocols = "\x02h2";
  EXPECT_FALSE(raw_client(program.port(), options).connected());
  options.protocols = "";
  raw_client without(program.port(), options);
  EXPECT_TRUE(is_served(without));
}

TEST(Tls, DoesNotSpeakOlderVersions) {
  test_program program({}, with_tls);
  client_options options{with_tls};
  options.max_version = TLS1_1_VERSION;
  EXPECT_FALSE(raw_client(program.port(), options).connected());
  options.max_version = TLS1_2_VERSION;
  raw_client client(program.port(), options);
  EXPECT_TRUE(is_served(client));
}

TEST(Tls, AnswersNothingToABodyThatIsCutOff) {
  test_program program({}, with_tls);
  raw_client client(program.port(), {with_tls});
  client.send("POST /echo/ HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\nhello");
  ASSERT_TRUE(program.eventually([&] { return program.listener().counters().body_bytes > 0; }));
  // The end of the TCP stream without close_notify.
  SSL_set_quiet_shutdown(client.tls(), 1);
  client.finish_sending();
  EXPECT_EQ(client.read_all().find("200"), std::string::npos);
  EXPECT_TRUE(client.ended());
}

using session = std::unique_ptr<SSL_SESSION, decltype(&SSL_SESSION_free)>;

/// A session that can be resumed: TLS 1.3 sends its ticket with the first reply.
session session_of(raw_client& client) {
  EXPECT_TRUE(is_served(client));
  return {SSL_get1_session(client.tls()), SSL_SESSION_free};
}

TEST(TlsReload, ShowsTheNewCertificateAndKeepsWhatIsOpen) {
  test_program program({}, with_tls);
  const temporary_folder folder;
  raw_client open(program.port(), {with_tls});
  EXPECT_TRUE(is_served(open));
  EXPECT_EQ(open.server_name(), "listener");
  replace(program.files(), make_certificate(folder.path(), "renewed", -1, 30));
  ASSERT_TRUE(program.listener().reload_tls().ok());
  raw_client fresh(program.port(), {with_tls});
  EXPECT_EQ(fresh.server_name(), "renewed");
  EXPECT_TRUE(is_served(fresh));
  EXPECT_TRUE(is_served(open));
  const auto days = (*program.listener().certificate_expiry() - std::time(nullptr)) / 86'400;
  EXPECT_GE(days, 29);
}

TEST(TlsReload, KeepsSessionsThatCanBeResumed) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    test_program program({}, with_tls);
    const temporary_folder folder;
    client_options options{with_tls};
    options.max_version = version;
    raw_client first(program.port(), options);
    const auto kept = session_of(first);
    replace(program.files(), make_certificate(folder.path(), "renewed"));
    ASSERT_TRUE(program.listener().reload_tls().ok());
    options.session = kept.get();
    raw_client second(program.port(), options);
    EXPECT_EQ(SSL_session_reused(second.tls()), 1) << version;
    EXPECT_TRUE(is_served(second));
  }
}

void expect_refused(test_program& program, const std::string& in_message,
                    const std::string& in_hint) {
  const auto reloaded = program.listener().reload_tls();
  ASSERT_FALSE(reloaded.ok());
  EXPECT_EQ(reloaded.error().code, ec::bad_config);
  EXPECT_NE(reloaded.error().message.find(in_message), std::string::npos)
      << reloaded.error().message;
  EXPECT_NE(reloaded.error().hint.find(in_hint), std::string::npos) << reloaded.error().hint;
  raw_client client(program.port(), {with_tls});
  EXPECT_EQ(client.server_name(), "listener");
  EXPECT_TRUE(is_served(client));
}

TEST(TlsReload, RefusesABadPairAndKeepsTheOldOne) {
  test_program program({}, with_tls);
  const temporary_folder folder;
  const auto& files = program.files();
  const auto other = make_certificate(folder.path(), "other");
  const auto own = tls_files{folder.path() / "own.pem", folder.path() / "own.key"};
  replace(own, files);
  fs::copy_file(other.certificate, files.certificate, fs::copy_options::overwrite_existing);
  expect_refused(program, "is not the key of the certificate", "openssl pkey -pubout");
  fs::remove(files.key);
  expect_refused(program, files.key.string(), "");
  replace(files, own);
  std::ofstream(files.certificate) << "words";
  expect_refused(program, "cannot be used", "openssl x509");
  replace(files, make_certificate(folder.path(), "expired", -3, -1));
  expect_refused(program, "has expired", "openssl x509 -noout -dates");
  replace(files, make_certificate(folder.path(), "tomorrow", 1, 3));
  expect_refused(program, "is not valid yet", "clock");
  replace(files, own);
  EXPECT_TRUE(program.listener().reload_tls().ok());
}

TEST(TlsStart, RefusesWhatCannotBeUsed) {
  listener_options options;
  options.tls = tls_files{"/nonexistent/a.pem", "/nonexistent/a.key"};
  const auto started = http_listener::start(options, {});
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error().code, ec::bad_config);
  EXPECT_NE(started.error().message.find("/nonexistent/a.pem"), std::string::npos);
}

/// What a start with these files fails with, as one text.
std::string refusal_of(const tls_files& files) {
  listener_options options;
  options.tls = files;
  const auto started = http_listener::start(options, {});
  return started ? "it started" : started.error().message + " (" + started.error().hint + ")";
}

void expect_all(const std::string& text, const std::vector<std::string>& parts) {
  for (const std::string& part : parts)
    EXPECT_NE(text.find(part), std::string::npos) << part << " is missing in: " << text;
  EXPECT_EQ(text.find("system lib"), std::string::npos) << text;
}

TEST(TlsStart, SaysWhatIsWrongWithAFileAndWhatToDo) {
  const temporary_folder folder;
  const auto good = make_certificate(folder.path(), "good");
  const fs::path missing = folder.path() / "missing.pem";
  expect_all(refusal_of({missing, good.key}),
             {"tls.certificate: " + missing.string() + " does not exist", "config list"});
  expect_all(refusal_of({good.certificate, missing}),
             {"tls.key: " + missing.string() + " does not exist", "config list"});
  expect_all(refusal_of({folder.path(), good.key}),
             {"tls.certificate: " + folder.path().string() + " is a folder", "ls -l "});
  expect_all(refusal_of({good.certificate, folder.path()}), {"tls.key: ", " is a folder"});
  expect_all(refusal_of({good.certificate, "/dev/null"}), {"tls.key: /dev/null", "ls -lL"});
  expect_all(refusal_of({good.key, good.key}), {"tls.certificate: ", "a key, not certificates"});
  expect_all(refusal_of({good.certificate, good.certificate}),
             {"tls.key: ", "certificates, no key", "openssl pkey"});
  const fs::path words = folder.path() / "two words.der";
  std::ofstream(words) << "0\x82\x01";
  expect_all(refusal_of({words, good.key}),
             {"not in PEM form", "-inform der -in '" + words.string() + "'"});
  expect_all(refusal_of({good.certificate, words}), {"tls.key: ", "not in PEM form"});
}

TEST(TlsStart, SaysWhatMayNotBeRead) {
  if (::geteuid() == 0)
    GTEST_SKIP() << "root may read everything";
  const temporary_folder folder;
  const auto good = make_certificate(folder.path(), "good");
  fs::permissions(good.key, fs::perms::none);
  expect_all(refusal_of(good), {"tls.key: ", good.key.string(), "namei -l "});
}

TEST(TlsStart, FollowsLinksToTheNewestCertificate) {
  const temporary_folder folder;
  const auto good = make_certificate(folder.path(), "good");
  const tls_files links{folder.path() / "live.pem", folder.path() / "live.key"};
  fs::create_symlink(good.certificate, links.certificate);
  fs::create_symlink(good.key, links.key);
  EXPECT_EQ(refusal_of(links), "it started");
}

TEST(TlsStart, RefusesAKeyWithAPassphraseInsteadOfAsking) {
  const temporary_folder folder;
  const auto files = make_certificate(folder.path(), "locked");
  std::unique_ptr<BIO, decltype(&BIO_free)> in(BIO_new_file(files.key.c_str(), "r"), BIO_free);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  in.reset(BIO_new_file(files.key.c_str(), "w"));
  std::vector<unsigned char> passphrase = {'o', 'p', 'e', 'n'};
  ASSERT_EQ(PEM_write_bio_PrivateKey(in.get(), key.get(), EVP_aes_256_cbc(), passphrase.data(), 4,
                                     nullptr, nullptr),
            1);
  in.reset();
  listener_options options;
  options.tls = files;
  const auto started = http_listener::start(options, {});
  ASSERT_FALSE(started.ok());
  EXPECT_NE(started.error().hint.find("without a passphrase"), std::string::npos)
      << started.error().message;
}

TEST(TlsTickets, AreSealedWithAKeyThatIsReplacedAndOpenedForAsLongAgain) {
  const auto start = std::chrono::steady_clock::now();
  ticket_keys keys(start);
  const auto first = keys.sealing(start);
  ticket_keys::ticket_key found;
  bool renew = true;
  EXPECT_TRUE(keys.find(first.name.data(), start + std::chrono::hours(11), found, renew));
  EXPECT_FALSE(renew);
  const auto second = keys.sealing(start + std::chrono::hours(13));
  EXPECT_NE(first.name, second.name);
  EXPECT_TRUE(keys.find(first.name.data(), start + std::chrono::hours(14), found, renew));
  EXPECT_TRUE(renew);
  EXPECT_EQ(found.cipher, first.cipher);
  EXPECT_FALSE(keys.find(first.name.data(), start + std::chrono::hours(26), found, renew));
  EXPECT_FALSE(keys.find(second.name.data(), start + std::chrono::hours(60), found, renew));
}

} // namespace
} // namespace spec_kitty::listener
