#include "app/dev_server/request_head.hpp"

#include <libwebsockets.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace spec_kitty::dev_server {

namespace {

struct method_token {
  int method;
  const char* name;
};

constexpr std::array<method_token, 8> methods = {{
    {LWSHUMETH_GET, "GET"},
    {LWSHUMETH_POST, "POST"},
    {LWSHUMETH_OPTIONS, "OPTIONS"},
    {LWSHUMETH_PUT, "PUT"},
    {LWSHUMETH_PATCH, "PATCH"},
    {LWSHUMETH_DELETE, "DELETE"},
    {LWSHUMETH_CONNECT, "CONNECT"},
    {LWSHUMETH_HEAD, "HEAD"},
}};

struct header_token {
  lws_token_indexes token;
  const char* name;
};

/// The headers the core looks at; those libwebsockets has no token for are read by name.
constexpr std::array<header_token, 7> known_headers = {{
    {WSI_TOKEN_HOST, "host"},
    {WSI_TOKEN_HTTP_AUTHORIZATION, "authorization"},
    {WSI_TOKEN_HTTP_CONTENT_TYPE, "content-type"},
    {WSI_TOKEN_HTTP_CONTENT_ENCODING, "content-encoding"},
    {WSI_TOKEN_HTTP_CONTENT_LENGTH, "content-length"},
    {WSI_TOKEN_HTTP_TRANSFER_ENCODING, "transfer-encoding"},
    {WSI_TOKEN_HTTP_USER_AGENT, "user-agent"},
}};
constexpr std::array<std::string_view, 2> custom_headers = {"x-team-slug", "idempotency-key"};

void gather_headers(lws* wsi, http_request& request) {
  for (const auto& [token, name] : known_headers) {
    const int length = lws_hdr_total_length(wsi, token);
    if (length <= 0)
      continue;
    std::string value(static_cast<std::size_t>(length) + 1, '\0');
    const int copied = lws_hdr_copy(wsi, value.data(), length + 1, token);
    value.resize(copied > 0 ? static_cast<std::size_t>(copied) : 0);
    request.headers.emplace(name, std::move(value));
  }
  for (const std::string_view name : custom_headers) {
    const std::string with_colon = std::string(name) + ":";
    const int name_length = static_cast<int>(with_colon.size());
    const int length = lws_hdr_custom_length(wsi, with_colon.c_str(), name_length);
    if (length < 0)
      continue;
    std::string value(static_cast<std::size_t>(length) + 1, '\0');
    const int copied =
        lws_hdr_custom_copy(wsi, value.data(), length + 1, with_colon.c_str(), name_length);
    value.resize(copied > 0 ? static_cast<std::size_t>(copied) : 0);
    request.headers.emplace(name, std::move(value));
  }
}

} // namespace

request_head read_head(lws* wsi) {
  request_head head;
  char* path = nullptr;
  int path_length = 0;
  const int method = lws_http_get_uri_and_method(wsi, &path, &path_length);
  const auto* known = std::find_if(methods.begin(), methods.end(),
                                   [method](const auto& entry) { return entry.method == method; });
  if (known == methods.end() || path == nullptr)
    return head;
  head.request.method = known->name;
  head.request.path.assign(path, static_cast<std::size_t>(path_length));
  gather_headers(wsi, head.request);
  head.chunked = header_of(head.request, "transfer-encoding").has_value();
  if (const auto text = header_of(head.request, "content-length")) {
    std::size_t length = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), length);
    head.length_readable = error == std::errc{} && end == text->data() + text->size();
    head.length = length;
  }
  return head;
}

} // namespace spec_kitty::dev_server
