// TLS of the listener: what is made of a certificate and its key, and the keys that seal tickets.
#pragma once

#include "app/listener/listener.hpp"

#include <openssl/ssl.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>

namespace spec_kitty::listener {

/// Keys that seal session tickets. All contexts of a listener share them, so sessions are resumed
/// across a reload. A key seals for 12 hours, and opens what it sealed for 12 more. From any
/// thread.
class ticket_keys {
public:
  struct ticket_key {
    std::array<unsigned char, 16> name{};
    std::array<unsigned char, 32> cipher{};
    std::array<unsigned char, 32> mac{};
  };
  static constexpr std::chrono::hours lifetime{12};

  explicit ticket_keys(std::chrono::steady_clock::time_point now);
  ~ticket_keys();
  ticket_keys(const ticket_keys&) = delete;
  ticket_keys& operator=(const ticket_keys&) = delete;

  /// The key that seals now.
  ticket_key sealing(std::chrono::steady_clock::time_point now);
  /// The key of this name, and whether the ticket should be sealed anew; false without such a key.
  bool find(const unsigned char* name, std::chrono::steady_clock::time_point now, ticket_key& key,
            bool& renew);

private:
  void rotate(std::chrono::steady_clock::time_point now);

  std::mutex mutex_;
  ticket_key current_;
  ticket_key previous_;
  std::chrono::steady_clock::time_point since_;
};

/// Settings, certificate and key of new connections; those that are open keep theirs.
struct tls_context {
  std::shared_ptr<SSL_CTX> settings;
  std::int64_t expires = 0; ///< the certificate's last second, since 1970
};

/// Reads the pair: TLS 1.2 and 1.3, HTTP/1.1 by ALPN. bad_config for a file that cannot be read, an
/// encrypted key, a key of another certificate, or a certificate that is not valid at `now`
/// (seconds since 1970). The context refers to `keys`, which must live longer.
result<tls_context> make_tls_context(const tls_files& files, ticket_keys& keys, std::int64_t now);

} // namespace spec_kitty::listener
