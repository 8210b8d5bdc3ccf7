// The bytes of one connected socket, plain or with TLS, without waiting. What waits is stream.hpp.
//
// OpenSSL reads and writes the descriptor itself: a stream with buffers of its own between the two
// takes 95 KB for a silent connection, this one 21.
#pragma once

#include <openssl/ssl.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace spec_kitty::listener {

enum class transfer_state : std::uint8_t {
  done,       ///< `bytes` were read or written; or the step is complete
  wait_read,  ///< try again when the socket can be read
  wait_write, ///< try again when the socket can be written
  ended,      ///< the peer sent its last byte
  failed,     ///< reset, or not TLS
};

struct transfer {
  transfer_state state = transfer_state::failed;
  std::size_t bytes = 0;
};

/// Does not own the descriptor, which must not block. Its thread has SIGPIPE blocked.
class transport {
public:
  /// With a null context: plain.
  transport(int descriptor, SSL_CTX* context);

  bool has_tls() const { return ssl_ != nullptr; }

  transfer handshake();
  transfer read(std::span<char> into);
  /// As many bytes as go out at once; with TLS one record, the beginning of all parts joined.
  transfer write(std::span<const iovec> parts);
  /// Announces to the peer that no more is written: close_notify, then the end of the TCP stream.
  transfer finish();
  /// Reads what comes and passes it over, below TLS.
  transfer discard(std::span<char> scratch);

private:
  struct ssl_free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  transfer outcome(int returned);

  int descriptor_;
  std::unique_ptr<SSL, ssl_free> ssl_;
  bool broken_ = false; ///< after a TLS failure nothing may be written
};

} // namespace spec_kitty::listener
