#include "app/server/pages/pages.hpp"

#include "app/server/pages/forms.hpp"
#include "app/server/pages/html.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace spec_kitty::server {

namespace {

constexpr epoch_us hour_us = epoch_us{3600} * 1'000'000;
constexpr std::size_t wrong_codes_of_account = 10;
constexpr std::size_t wrong_codes_of_address = 30;
constexpr std::size_t max_counted = 100'000;
constexpr std::size_t max_form_bytes = 16 << 10;
constexpr std::size_t max_path_bytes = 512;

} // namespace

std::string safe_path(std::string_view path) {
  const bool local = !path.empty() && path.size() <= max_path_bytes && path.front() == '/' &&
                     path.substr(0, 2) != "//" && std::all_of(path.begin(), path.end(), [](char c) {
                       return c > 0x20 && c < 0x7F && c != '\\';
                     });
  return std::string(local ? path : account_path);
}

pages::pages(page_environment environment)
    : environment_(std::move(environment)), sessions_(*environment_.accounts, environment_.now),
      links_(environment_), wrong_codes_of_account_(wrong_codes_of_account, hour_us, max_counted),
      wrong_codes_of_address_(wrong_codes_of_address, hour_us, max_counted) {}

bool pages::is_for(const listener::inbound_request& request) {
  constexpr std::array paths = {board_path, login_path, device_path, account_path, style_path};
  return link_page::is_for(request) ||
         std::find(paths.begin(), paths.end(), request.path) != paths.end();
}

void pages::answer(const request_ptr& request, const listener::reply_callback& reply) {
  const bool reads = request->method == "GET" || request->method == "HEAD";
  const bool has_forms = request->path != board_path;
  if (!reads && (request->method != "POST" || !has_forms)) {
    auto refused =
        html_page(405, "Not possible", paragraph("This page is read, and its forms are sent."));
    refused.headers.push_back({"Allow", has_forms ? "GET, HEAD, POST" : "GET, HEAD"});
    reply(std::move(refused));
    return;
  }
  const std::string url = environment_.public_url();
  if (!has_own_host(*request, url)) {
    reply(html_page(421, "Another address", paragraph("This server is at " + url + ".")));
    return;
  }
  if (request->body.size() > max_form_bytes || !request->content_encoding.empty()) {
    reply(html_page(413, "Too large", paragraph("The form is too large.")));
    return;
  }
  if (link_page::is_for(*request))
    reply(links_.answer(*request));
  else if (request->path == style_path)
    reply(style_sheet());
  else if (request->path == board_path)
    reply(board(*request));
  else if (request->path == login_path)
    log_in(request, reply);
  else if (request->path == device_path)
    reply(device(*request));
  else
    reply(account(*request));
}

std::variant<browser_session, listener::outbound_reply>
pages::signed_in(const listener::inbound_request& request) const {
  auto found = sessions_.find(request);
  if (!found)
    return store_trouble();
  if (*found)
    return std::move(**found);
  const std::string wanted =
      request.path + (request.query.empty() || request.method == "POST" ? "" : "?" + request.query);
  return see_other(std::string(login_path) + "?next=" + query_text(wanted));
}

std::optional<listener::outbound_reply>
pages::refuse_change(const listener::inbound_request& request) const {
  if (!is_from_this_site(request, environment_.public_url()))
    return html_page(403, "Refused", paragraph("The form was sent from another site."));
  if (!browser_sessions::is_own_form(request))
    return html_page(403, "Out of date",
                     paragraph("The form is out of date. Open the page again."));
  return std::nullopt;
}

} // namespace spec_kitty::server
