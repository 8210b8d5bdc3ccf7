// TLS for the tests: certificates made by openssl, nginx in front of a server, a CONNECT proxy.
#pragma once

#include "tests/support/hostile.hpp"

namespace spec_kitty::support {

/// A certificate and its key, as PEM files.
struct certificate {
  std::string file;
  std::string key;
};

/// An authority of its own, in a folder.
class authority {
public:
  explicit authority(const std::filesystem::path& folder);

  const std::string& file() const { return self_.file; } ///< what tls.ca_file names
  /// For one DNS name; `expired`: its last day is over.
  certificate issue(const std::string& name, bool expired = false) const;
  /// Signed by itself.
  certificate self_signed(const std::string& name) const;

private:
  void openssl(words arguments) const;
  std::string at(const std::string& name) const { return (folder_ / name).string(); }

  std::filesystem::path folder_;
  certificate self_;
};

/// True when the nginx program is there.
bool has_nginx();

/// nginx that ends TLS on `port` and passes requests and WebSockets on to another port, in plain
/// text.
class tls_front {
public:
  tls_front(const std::filesystem::path& folder, const certificate& shown, int port, int behind);

private:
  std::unique_ptr<child> process_;
};

/// connect_proxy.py: names go to ports of this machine; every byte is kept.
class connect_proxy {
public:
  connect_proxy(const std::filesystem::path& record, words options);

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::string seen() const { return read_text(record_); }

private:
  std::filesystem::path record_;
  child process_;
  int port_ = 0;
};

} // namespace spec_kitty::support
