// What the listener and a program say to each other about one HTTP request: values, and a callback
// that answers it. No type of the HTTP library appears here.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spec_kitty::listener {

/// One header field.
struct header_field {
  std::string name;  ///< of a request: in small letters
  std::string value; ///< without the white space around it
};

/// A request as it came. Its head passed the head gate (head_gate.hpp); its body is within the
/// limits, complete, and not unpacked.
struct inbound_request {
  std::string method; ///< `GET`, `POST` …; methods are case-sensitive
  std::string path;   ///< begins with `/`, percent-encoded as it came, at most 4 KiB
  std::string query;  ///< what follows the first `?`, without it
  std::vector<header_field> headers;
  std::string body;             ///< as received: Content-Encoding is not undone
  std::string content_encoding; ///< in small letters; empty for a body that is not encoded
  std::string peer;             ///< numeric address of the client, as far as proxies are trusted
  std::string connected_from;   ///< numeric address at the other end of the connection
  bool secure = false;          ///< TLS here, or `X-Forwarded-Proto: https` of a trusted proxy
  std::string id;               ///< unique in this process; the reply carries it as X-Request-Id
  /// What the body takes of the listener's byte budget. Keep it as long as the body.
  std::shared_ptr<const void> body_hold;

  /// The first field of a name, which is given in small letters; empty when it is missing.
  std::string_view header(std::string_view name) const;
  /// How many fields have this name.
  std::size_t count(std::string_view name) const;
};

/// What is answered. The listener adds Content-Length, Date, Connection and X-Request-Id; a field
/// of a name or value that HTTP does not allow is left out.
struct outbound_reply {
  int status = 200;
  std::string body;
  std::string content_type = "application/json"; ///< empty: the field is left out
  std::vector<header_field> headers;
  bool close = false; ///< end the connection after this reply
};

/// The error body that every part of a server answers: `{"error","error_code","request_id"}`.
outbound_reply error_reply(int status, std::string_view code, std::string_view message,
                           std::string_view request_id = {});

/// Answers once, from any thread; later answers are passed over. Copies share the one answer; when
/// the last copy is gone without one, a 503 is answered, so an actor that ends or drops a promise
/// leaves no client waiting. It may be called after the connection, and after the listener, ended.
template <class Answer>
class once_callback {
public:
  once_callback() = default;
  /// `deliver` is called at most once, on the thread that answers; it must not throw.
  explicit once_callback(std::function<void(Answer)> deliver)
      : state_(std::make_shared<state>(std::move(deliver))) {}

  /// False when it was answered before.
  bool operator()(Answer answer) const { return state_ && state_->answer(std::move(answer)); }

private:
  class state {
  public:
    explicit state(std::function<void(Answer)> deliver) : deliver_(std::move(deliver)) {}
    state(const state&) = delete;
    state& operator=(const state&) = delete;
    ~state() {
      answer(error_reply(503, "unavailable", "the server stopped working on this request"));
    }
    bool answer(Answer value) {
      if (answered_.exchange(true))
        return false;
      deliver_(std::move(value));
      return true;
    }

  private:
    std::function<void(Answer)> deliver_;
    std::atomic<bool> answered_{false};
  };
  std::shared_ptr<state> state_;
};

using reply_callback = once_callback<outbound_reply>;

/// One request after its reply was written, or given up: for a log line.
struct finished_request {
  std::string id;
  std::string method; ///< empty when the head was refused before it was read
  std::string path;   ///< without the query, which may hold what is not for a log
  std::string peer;
  int status = 0;             ///< 0: the connection ended before a reply was written
  std::uint64_t received = 0; ///< bytes of the body
  std::uint64_t sent = 0;     ///< bytes of the reply
  std::chrono::microseconds took{};
};

} // namespace spec_kitty::listener
