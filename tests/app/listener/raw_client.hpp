// A client that sends exactly the bytes it is given, plain or through TLS, and texts to send.
#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::listener {

inline constexpr std::chrono::milliseconds client_patience{20'000};

enum class transport_kind { plain, tls };

/// How a client connects.
struct client_options {
  transport_kind kind = transport_kind::plain;
  int receive_buffer = 0;         ///< bytes; 0: the system's
  std::string protocols{};        ///< ALPN, each with its length before it
  int max_version = 0;            ///< TLS1_2_VERSION …
  SSL_SESSION* session = nullptr; ///< to resume
};

/// A client's socket. Every wait is bounded.
class raw_client {
public:
  /// Connects, and shakes hands where it has TLS: see connected().
  explicit raw_client(std::uint16_t port, const client_options& options = {});
  ~raw_client();
  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;

  /// False when the TLS handshake failed.
  bool connected() const { return connected_; }
  /// False when the peer no longer takes bytes.
  bool send(std::string_view bytes, std::chrono::milliseconds patience = client_patience);
  /// Ends our half of the stream, with TLS too.
  void finish_sending();
  /// Resets the connection.
  void reset();
  /// At most this many bytes, or what comes until the end of the stream or of patience.
  std::string read(std::size_t bytes, std::chrono::milliseconds patience = client_patience);
  /// Everything until the end of the stream; see ended().
  std::string read_all(std::chrono::milliseconds patience = client_patience);
  /// One HTTP reply with its body.
  std::string read_reply(bool has_body = true);
  /// Whether the last read ended at the end of the stream or a reset, and not by patience.
  bool ended() const { return ended_; }
  bool was_reset() const { return reset_; }

  SSL* tls() const { return tls_.get(); }
  /// The common name of the server's certificate.
  std::string server_name() const;

private:
  struct free_context {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  struct free_tls {
    void operator()(SSL* tls) const { SSL_free(tls); }
  };
  using instant = std::chrono::steady_clock::time_point;

  bool wait(short events, instant until) const;
  bool shake_hands(const client_options& options);
  /// Bytes; 0 at the end of the stream; -1 for "wait for `events`", -2 for a failure.
  long read_some(char* into, std::size_t size, short& events);
  long write_some(std::string_view bytes, short& events);
  long outcome(int returned, short& events) const;

  int descriptor_ = -1;
  std::unique_ptr<SSL_CTX, free_context> context_;
  std::unique_ptr<SSL, free_tls> tls_;
  bool connected_ = true;
  bool ended_ = false;
  bool reset_ = false;
  std::string buffered_;
};

/// The statuses of all replies in a text of replies; -1 for what is not one.
std::vector<int> statuses_in(std::string_view replies);

/// A request with the fields every request has.
std::string get(std::string_view path, std::string_view fields = "");
std::string post(std::string_view path, std::string_view body, std::string_view fields = "");
/// The request for a WebSocket.
std::string upgrade_request(std::string_view fields = "");
/// A frame of a client. `first_byte`: FIN, reserved bits and opcode.
std::string masked_frame(int first_byte, std::string_view payload);

} // namespace spec_kitty::listener
