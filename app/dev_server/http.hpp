// What travels between the socket and the core: one request, one response, both whole.
//
// server.cpp makes the request from libwebsockets' callbacks and writes the response out;
// everything between (api, batch) is a function of the request and can be tested without a socket.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spec_kitty::dev_server {

/// One request, received whole.
struct http_request {
  std::string method;                                      ///< in capitals
  std::string path;                                        ///< without query
  std::map<std::string, std::string, std::less<>> headers; ///< names in lower case
  std::string body;
};

/// The outcome of a batch, for the activity line; never sent.
struct batch_summary {
  std::string team_slug;
  std::size_t events = 0;    ///< sent by the client
  std::size_t fresh = 0;     ///< stored by this request
  std::size_t duplicate = 0; ///< known before
  std::size_t rejected = 0;  ///< answered `rejected` or `error`
  bool replayed = false;     ///< answered from the reply recorded for the idempotency key
};

/// One reply. The body is always JSON.
struct http_response {
  int status = 200;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers; ///< beside type and length
  std::optional<batch_summary> batch;
};

/// The header's value; nothing when it was not sent. Name in lower case.
std::optional<std::string_view> header_of(const http_request& request, std::string_view name);

/// The media type of a Content-Type (or coding of a Content-Encoding): lower case, no parameters.
std::string bare_type(std::string_view header_value);

/// True for a Host header that names this machine itself, with or without a port. A page of
/// somebody else's that leads its own name here sends that name.
bool is_this_machine(std::string_view host);

/// `{"error": message}` with a status.
http_response refuse(int status, std::string_view message);

} // namespace spec_kitty::dev_server
