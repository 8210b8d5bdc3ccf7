// /: the page of the board, for who has signed in. What it shows comes from /board/….
#include "app/board/api/replies.hpp"
#include "app/server/pages/pages.hpp"

#include <utility>

namespace spec_kitty::server {

namespace {

/// `https://sync.example.com` as `wss://sync.example.com`.
std::string stream_origin_of(const std::string& url) {
  constexpr std::string_view scheme = "http";
  return url.starts_with(scheme) ? "ws" + url.substr(scheme.size()) : url;
}

} // namespace

listener::outbound_reply pages::board(const listener::inbound_request& request) const {
  auto person = signed_in(request);
  if (auto* elsewhere = std::get_if<listener::outbound_reply>(&person))
    return std::move(*elsewhere);
  auto page = spec_kitty::board::page_reply(stream_origin_of(environment_.public_url()));
  spec_kitty::board::add_safe_headers(page);
  page.headers.push_back({"X-Frame-Options", "DENY"});
  spec_kitty::board::compress(page, request.header("accept-encoding"));
  return page;
}

} // namespace spec_kitty::server
