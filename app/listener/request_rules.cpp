#include "app/listener/request_rules.hpp"

#include "util/text.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace spec_kitty::listener {

namespace {

constexpr std::array<std::string_view, 7> known_methods = {"GET",   "HEAD",   "POST",   "PUT",
                                                           "PATCH", "DELETE", "OPTIONS"};

/// Whether a list such as `keep-alive, Upgrade` has this word, which is in small letters.
bool has_word(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    std::string_view entry = list.substr(0, comma);
    while (!entry.empty() && (entry.front() == ' ' || entry.front() == '\t'))
      entry.remove_prefix(1);
    while (!entry.empty() && (entry.back() == ' ' || entry.back() == '\t'))
      entry.remove_suffix(1);
    if (lower_case(entry) == word)
      return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

/// 16 bytes in base64 (RFC 6455, 4.2.1).
bool is_websocket_key(std::string_view key) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return key.size() == 24 && key.ends_with("==") &&
         key.substr(0, 22).find_first_not_of(alphabet) == std::string_view::npos;
}

bool asks_for_websocket(const inbound_request& request, const request_framing& framing) {
  return request.method == "GET" && !framing.version_1_0 &&
         has_word(request.header("connection"), "upgrade") &&
         has_word(request.header("upgrade"), "websocket");
}

} // namespace

std::optional<refusal> judge_request(const inbound_request& request,
                                     const request_framing& framing) {
  const auto& method = request.method;
  if (method == "CONNECT" || method == "TRACE")
    return refusal{405, "method_not_allowed", "this method is not served here"};
  if (std::find(known_methods.begin(), known_methods.end(), method) == known_methods.end())
    return refusal{501, "unknown_method", "this method is not known here"};
  if (request.path.empty())
    return refusal{400, "bad_head", "the request target is not a path"};
  if (const auto expect = request.header("expect");
      !framing.version_1_0 && !expect.empty() && lower_case(expect) != "100-continue")
    return refusal{417, "unknown_expectation", "only 100-continue can be expected"};
  if (framing.has_body() && (method == "GET" || method == "HEAD"))
    return refusal{400, "unexpected_body", "this method takes no body"};
  if (framing.length > framing.max_body)
    return refusal{413, "too_large", "the body is larger than this server takes"};
  return std::nullopt;
}

std::optional<refusal> judge_upgrade(const inbound_request& request,
                                     const request_framing& framing) {
  if (!asks_for_websocket(request, framing))
    return refusal{426, "upgrade_required", "this path is a WebSocket"};
  if (request.count("sec-websocket-version") != 1 ||
      request.header("sec-websocket-version") != "13")
    return refusal{426, "upgrade_required", "only WebSocket version 13 is spoken here"};
  if (request.count("sec-websocket-key") != 1 ||
      !is_websocket_key(request.header("sec-websocket-key")))
    return refusal{400, "bad_upgrade", "Sec-WebSocket-Key is not 16 bytes in base64"};
  if (framing.has_length || framing.chunked)
    return refusal{400, "bad_upgrade", "an upgrade has no body"};
  if (framing.has_unread_bytes)
    return refusal{400, "bad_upgrade", "bytes came before the upgrade was answered"};
  return std::nullopt;
}

outbound_reply refusal_reply(const refusal& why, std::string_view request_id) {
  outbound_reply reply = error_reply(why.status, why.code, why.message, request_id);
  if (why.status == 503)
    reply.headers.push_back({"Retry-After", "2"});
  if (why.status == 426) {
    reply.headers.push_back({"Upgrade", "websocket"});
    reply.headers.push_back({"Sec-WebSocket-Version", "13"});
  }
  reply.close = true;
  return reply;
}

void note_peer(inbound_request& request, const address_bytes& connected_from,
               const trusted_proxies& proxies, bool has_tls) {
  std::vector<std::string_view> forwarded;
  for (const auto& field : request.headers)
    if (field.name == "x-forwarded-for")
      forwarded.emplace_back(field.value);
  request.connected_from = format_address(connected_from);
  request.peer = format_address(proxies.client_of(connected_from, forwarded));
  request.secure = has_tls || (proxies.contains(connected_from) &&
                               request.header("x-forwarded-proto") == "https");
}

} // namespace spec_kitty::listener
