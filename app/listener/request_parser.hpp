// Beast's parser behind the head gate: takes a head that the gate let through, then a body in
// pieces. With Boost; for the listener's own sources and their tests alone.
//
// Everything that decides anything is taken from the head before the body comes: Beast merges
// trailers into the fields of the message.
#pragma once

#include "app/listener/bounds.hpp"
#include "app/listener/message.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/optional.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace spec_kitty::listener {

/// A body that grows with what has come, not with what is announced, within a bound and a budget.
struct bounded_body {
  struct value_type {
    std::string bytes;
    std::size_t max = 0;
    std::shared_ptr<budget_share> share;
    bool over_budget = false;
  };

  class reader {
  public:
    template <bool is_request, class Fields>
    reader(boost::beast::http::header<is_request, Fields>& /*head*/, value_type& body)
        : body_(body) {}
    void init(const boost::optional<std::uint64_t>& length, boost::beast::error_code& error) {
      expected_ = length ? static_cast<std::size_t>(std::min<std::uint64_t>(*length, body_.max))
                         : body_.max;
      error = {};
    }
    template <class Buffers>
    std::size_t put(const Buffers& buffers, boost::beast::error_code& error) {
      const std::size_t size = boost::beast::buffer_bytes(buffers);
      error = {};
      if (size > body_.max - body_.bytes.size()) {
        error = boost::beast::http::error::body_limit;
        return 0;
      }
      if (!make_capacity(body_.bytes.size() + size)) {
        body_.over_budget = true;
        error = boost::beast::http::error::buffer_overflow;
        return 0;
      }
      for (auto part = boost::asio::buffer_sequence_begin(buffers);
           part != boost::asio::buffer_sequence_end(buffers); ++part) {
        const boost::asio::const_buffer buffer(*part);
        body_.bytes.append(static_cast<const char*>(buffer.data()), buffer.size());
      }
      return size;
    }
    void finish(boost::beast::error_code& error) { error = {}; }

  private:
    bool make_capacity(std::size_t size) {
      if (size <= body_.bytes.capacity())
        return body_.share->grow_to(size);
      const std::size_t wanted = std::max(size, std::min(2 * body_.bytes.capacity(), expected_));
      if (!body_.share->grow_to(wanted))
        return false;
      body_.bytes.reserve(wanted);
      return true;
    }

    value_type& body_;
    std::size_t expected_ = 0;
  };
};

enum class body_state : std::uint8_t {
  more,        ///< more bytes are needed
  complete,    ///< the whole body has come
  malformed,   ///< 400
  too_large,   ///< 413
  over_budget, ///< 503
};

class request_parser {
public:
  explicit request_parser(const listener_limits& limits) : max_body_(limits.max_body) {
    parser_.header_limit(static_cast<std::uint32_t>(limits.max_head));
    parser_.body_limit(boost::none); // a length is judged by the caller, who needs the head for it
    parser_.eager(true);
  }

  /// A whole head, and no byte more; false when the parser refuses it.
  bool put_head(std::string_view head, std::shared_ptr<byte_budget> budget) {
    auto& body = parser_.get().body();
    body.share = std::make_shared<budget_share>(std::move(budget));
    boost::beast::error_code error;
    const std::size_t taken = parser_.put(boost::asio::buffer(head.data(), head.size()), error);
    set_max_body(max_body_);
    return !error && taken == head.size() && parser_.is_header_done();
  }

  /// Method, fields and Content-Encoding; the target is left to the caller.
  void read_head(inbound_request& request) const {
    const auto& head = parser_.get();
    request.method = std::string(head.method_string());
    for (const auto& field : head) {
      header_field added{std::string(field.name_string()), std::string(field.value())};
      for (char& character : added.name)
        if (character >= 'A' && character <= 'Z')
          character = static_cast<char>(character - 'A' + 'a');
      request.headers.push_back(std::move(added));
    }
  }
  std::string_view target() const {
    const auto text = parser_.get().target();
    return {text.data(), text.size()};
  }
  bool is_version_1_0() const { return parser_.get().version() == 10; }
  bool keep_alive() const { return parser_.get().keep_alive(); }
  bool is_chunked() const { return parser_.chunked(); }
  bool has_length() const { return parser_.content_length().has_value(); }
  bool has_body() const {
    const auto length = parser_.content_length();
    return parser_.chunked() || (length && *length > 0);
  }
  std::uint64_t length() const { return parser_.content_length().value_or(0); }

  /// A smaller bound for this body.
  void set_max_body(std::size_t max) {
    max_body_ = std::min(max, max_body_);
    parser_.get().body().max = max_body_;
    if (parser_.is_header_done() && parser_.chunked())
      parser_.body_limit(max_body_); // a chunk is refused when its size is announced
  }
  bool announces_too_much() const { return length() > max_body_; }

  /// What of the bytes was used is given back by `used`; the rest is to be given again, with more.
  body_state put_body(std::string_view bytes, std::size_t& used) {
    boost::beast::error_code error;
    used = 0;
    while (!parser_.is_done() && !is_short_of_last_chunk(bytes.substr(used))) {
      const std::size_t taken =
          parser_.put(boost::asio::buffer(bytes.data() + used, bytes.size() - used), error);
      used += taken;
      if (error && error != boost::beast::http::error::need_more)
        return state_of(error);
      if (error || taken == 0)
        break;
    }
    if (parser_.is_done())
      return body_state::complete;
    return is_readable_rest(bytes.substr(used)) ? body_state::more : body_state::malformed;
  }

  std::size_t received() const { return parser_.get().body().bytes.size(); }

  /// The body, and what holds its bytes in the budget.
  std::pair<std::string, std::shared_ptr<const void>> take_body() {
    auto& body = parser_.get().body();
    return {std::move(body.bytes), std::move(body.share)};
  }

private:
  body_state state_of(const boost::beast::error_code& error) const {
    if (parser_.get().body().over_budget)
      return body_state::over_budget;
    return error == boost::beast::http::error::body_limit ? body_state::too_large
                                                          : body_state::malformed;
  }

  /// A last chunk of fewer bytes than `0 CRLF CRLF` runs into an assertion of Beast 1.81.
  bool is_short_of_last_chunk(std::string_view rest) const {
    return parser_.chunked() && rest.size() < 5 && rest.starts_with('0');
  }

  /// What the parser leaves is the beginning of a chunk's line or of a trailer, which it neither
  /// bounds nor looks at before it is complete. A line feed alone would be waited on.
  static bool is_readable_rest(std::string_view rest) {
    if (rest.size() > max_chunk_line)
      return false;
    for (std::size_t at = 0; at < rest.size(); ++at) {
      const auto byte = static_cast<unsigned char>(rest[at]);
      if (byte == '\n' && (at == 0 || rest[at - 1] != '\r'))
        return false;
      if ((byte < 0x20 && byte != '\t' && byte != '\r' && byte != '\n') || byte == 0x7f)
        return false;
    }
    return true;
  }

  static constexpr std::size_t max_chunk_line = 4096;

  std::size_t max_body_;
  boost::beast::http::request_parser<bounded_body> parser_;
};

} // namespace spec_kitty::listener
