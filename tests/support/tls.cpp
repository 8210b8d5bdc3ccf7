#include "tests/support/tls.hpp"

#include <stdexcept>

namespace spec_kitty::support {

namespace fs = std::filesystem;

namespace {

/// nginx stands in a folder that is in root's PATH alone.
const std::map<std::string, std::string> with_sbin = {
    {"PATH", "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"}};

launch proxy_launch(const fs::path& record, words options) {
  launch what;
  what.argv = {"/usr/bin/python3", SPEC_KITTY_SOURCE_DIR "/tests/support/connect_proxy.py",
               "--record", record.string()};
  what.argv.insert(what.argv.end(), options.begin(), options.end());
  return what;
}

} // namespace

// ── Certificates ─────────────────────────────────────────────────────────────────────────────────

authority::authority(const fs::path& folder)
    : folder_(folder), self_{(folder / "ca.pem").string(), (folder / "ca.key").string()} {
  fs::create_directories(folder_);
  openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
           "-days", "2", "-subj", "/CN=An authority of the tests", "-keyout", self_.key, "-out",
           self_.file});
}

void authority::openssl(words arguments) const {
  arguments.insert(arguments.begin(), "openssl");
  const auto done = support::run({arguments, {{"RANDFILE", at("random")}}, folder_, {}});
  if (done.status != 0)
    throw std::runtime_error("openssl " + arguments[1] + ": " + done.err);
}

certificate authority::issue(const std::string& name, bool expired) const {
  const std::string stem = at(name + (expired ? "-expired" : ""));
  certificate made{stem + ".pem", stem + ".key"};
  openssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
           "/CN=" + name, "-keyout", made.key, "-out", stem + ".csr"});
  // `openssl ca` alone takes dates of the past.
  write_text(at("ca.conf"), "[ca]\ndefault_ca=c\n[c]\ndatabase=" + at("index") +
                                "\nserial=" + at("serial") + "\nnew_certs_dir=" + folder_.string() +
                                "\ndefault_md=sha256\npolicy=p\nx509_extensions=e\n"
                                "unique_subject=no\n[p]\ncommonName=supplied\n[e]\n"
                                "subjectAltName=DNS:" +
                                name + "\n");
  write_text(at("index"), "");
  write_text(at("serial"), "01\n");
  openssl({"ca", "-batch", "-notext", "-config", at("ca.conf"), "-cert", self_.file, "-keyfile",
           self_.key, "-in", stem + ".csr", "-out", made.file, "-startdate", "20200101000000Z",
           "-enddate", expired ? "20200102000000Z" : "20491231000000Z"});
  return made;
}

certificate authority::self_signed(const std::string& name) const {
  certificate made{at("self.pem"), at("self.key")};
  openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
           "-days", "2", "-subj", "/CN=" + name, "-addext", "subjectAltName=DNS:" + name, "-keyout",
           made.key, "-out", made.file});
  return made;
}

// ── nginx ────────────────────────────────────────────────────────────────────────────────────────

bool has_nginx() {
  return support::run({{"nginx", "-v"}, with_sbin, {}, {}}).status == 0;
}

tls_front::tls_front(const fs::path& folder, const certificate& shown, int port, int behind) {
  fs::create_directories(folder);
  const std::string at = folder.string();
  std::string places;
  for (const char* name : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
    places += std::string(name) + "_temp_path " + at + "/" + name + ";\n";
  write_text(folder / "nginx.conf",
             "daemon off;\nmaster_process off;\npid " + at +
                 "/pid;\nerror_log stderr warn;\n"
                 "events {}\nhttp {\naccess_log off;\n"
                 "map $http_upgrade $hop {\ndefault upgrade;\n'' close;\n}\n" +
                 places + "server {\nlisten 127.0.0.1:" + std::to_string(port) +
                 " ssl;\nssl_certificate " + shown.file + ";\nssl_certificate_key " + shown.key +
                 ";\nclient_max_body_size 10m;\nlocation / {\nproxy_http_version 1.1;\n"
                 "proxy_set_header Upgrade $http_upgrade;\nproxy_set_header Connection $hop;\n"
                 "proxy_pass http://127.0.0.1:" +
                 std::to_string(behind) + ";\n}\n}\n}\n");
  process_ = std::make_unique<child>(
      launch{{"nginx", "-p", at, "-e", "stderr", "-c", at + "/nginx.conf"}, with_sbin, {}, {}});
  // Plain text on the TLS port: nginx answers 400, which shows that it listens.
  if (!eventually([&] { return !exchange(port, "GET / HTTP/1.0\r\n\r\n").empty(); },
                  milliseconds(10'000)))
    throw std::runtime_error("nginx does not start: " + process_->wait(milliseconds(1)).err);
}

// ── The proxy ────────────────────────────────────────────────────────────────────────────────────

connect_proxy::connect_proxy(const fs::path& record, words options)
    : record_(record), process_(proxy_launch(record, std::move(options))) {
  const auto line = process_.next_line();
  if (!line)
    throw std::runtime_error("the proxy does not greet: " + process_.wait().err);
  port_ = static_cast<int>(number_in(parsed(*line), {"port"}));
}

} // namespace spec_kitty::support
