#include "app/server/admin/link_page.hpp"

#include "app/server/core/encoding.hpp"
#include "app/server/core/passwords.hpp"

#include <algorithm>
#include <utility>

namespace spec_kitty::server {

namespace {

constexpr std::size_t max_form_bytes = 16 << 10;
constexpr std::size_t link_secret_characters = 43;
constexpr int ok_status = 200;
constexpr int bad_request_status = 400;
constexpr int forbidden_status = 403;
constexpr int not_found_status = 404;
constexpr int method_status = 405;

constexpr std::string_view page_head = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>spec-kitty: set a password</title>
</head>
<body>
<main>
<h1>Set a password</h1>
)";
constexpr std::string_view page_end = "</main>\n</body>\n</html>\n";

listener::outbound_reply html_page(int status, const std::string& content) {
  listener::outbound_reply reply;
  reply.status = status;
  reply.content_type = "text/html; charset=utf-8";
  reply.body = std::string(page_head) + content + std::string(page_end);
  reply.headers = {
      {"Content-Security-Policy",
       "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"},
      {"Referrer-Policy", "no-referrer"},
      {"X-Content-Type-Options", "nosniff"},
      {"X-Frame-Options", "DENY"},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Cache-Control", "no-store"},
  };
  return reply;
}

std::string paragraph(std::string_view text) {
  return "<p>" + html_text(text) + "</p>\n";
}

/// The same for a link that never was, was used, or has expired.
listener::outbound_reply no_such_link() {
  return html_page(not_found_status, paragraph("This link does not work: it was used, or it has "
                                               "expired. Ask an administrator for another one."));
}

listener::outbound_reply form_page(int status, const store::user_info& user,
                                   const std::string& token, std::string_view problem) {
  std::string content;
  if (!problem.empty())
    content += "<p role=\"alert\"><strong>" + html_text(problem) + "</strong></p>\n";
  content += "<form method=\"post\">\n<input type=\"hidden\" name=\"form_token\" value=\"" +
             html_text(token) + "\">\n<p>Account: " + html_text(user.name) +
             "</p>\n<p><label>New password, at least " + std::to_string(min_password_characters) +
             " characters<br><input type=\"password\" name=\"password\" "
             "autocomplete=\"new-password\" required></label></p>\n<p><label>The same "
             "again<br><input type=\"password\" name=\"again\" autocomplete=\"new-password\" "
             "required></label></p>\n<p><button type=\"submit\">Set the "
             "password</button></p>\n</form>\n";
  return html_page(status, content);
}

int hex_value(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::optional<std::string> form_decoded(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '+') {
      out += ' ';
    } else if (text[at] == '%') {
      const int high = at + 2 < text.size() ? hex_value(text[at + 1]) : -1;
      const int low = at + 2 < text.size() ? hex_value(text[at + 2]) : -1;
      if (high < 0 || low < 0)
        return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      at += 2;
    } else {
      out += text[at];
    }
  }
  return out;
}

} // namespace

std::optional<std::string> form_field(std::string_view body, std::string_view name) {
  std::optional<std::string> found;
  while (!body.empty()) {
    const auto end = body.find('&');
    const std::string_view pair = body.substr(0, end);
    body = end == std::string_view::npos ? std::string_view{} : body.substr(end + 1);
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos || pair.substr(0, equals) != name)
      continue;
    if (found)
      return std::nullopt;
    found = form_decoded(pair.substr(equals + 1));
    if (!found)
      return std::nullopt;
  }
  return found;
}

std::string without_link_secrets(std::string_view line) {
  std::string shown(line);
  for (auto at = shown.find(link_path); at != std::string::npos;
       at = shown.find(link_path, at + link_path.size())) {
    const auto begin = at + link_path.size();
    const auto end = shown.find_first_of(" \"?", begin);
    shown.replace(begin, std::min(end, shown.size()) - begin, "…");
  }
  return shown;
}

std::string html_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
    case '&':
      out += "&amp;";
      break;
    case '<':
      out += "&lt;";
      break;
    case '>':
      out += "&gt;";
      break;
    case '"':
      out += "&quot;";
      break;
    case '\'':
      out += "&#39;";
      break;
    default:
      out += c;
    }
  }
  return out;
}

link_page::link_page(store::accounts& accounts, std::string public_url, std::string secret,
                     password_hasher hash)
    : accounts_(accounts), public_url_(std::move(public_url)), secret_(std::move(secret)),
      hash_(std::move(hash)) {}

std::string link_page::form_token(std::string_view link_secret) const {
  return base64url(bytes_of(hmac_sha256(secret_, link_secret)));
}

bool link_page::is_from_this_site(const listener::inbound_request& request) const {
  const auto site = request.header("sec-fetch-site");
  if (!site.empty() && site != "same-origin" && site != "none")
    return false;
  const auto origin = request.header("origin");
  // With `Referrer-Policy: no-referrer` a browser sends `null` for a form of this very page.
  return origin.empty() || origin == "null" || origin == public_url_;
}

listener::outbound_reply link_page::answer(const listener::inbound_request& request,
                                           epoch_us now) const {
  const std::string_view link_secret = std::string_view(request.path).substr(link_path.size());
  if (request.method != "GET" && request.method != "HEAD" && request.method != "POST")
    return html_page(method_status, paragraph("This page is read, and its form is sent."));
  if (link_secret.size() != link_secret_characters)
    return no_such_link();
  const auto link = accounts_.link(sha256(link_secret), now);
  if (!link)
    return html_page(503, paragraph("The server cannot look at its store. Try again later."));
  if (!*link || (*link)->kind != store::link_kind::password)
    return no_such_link();
  const auto user = accounts_.user_of((*link)->account);
  if (!user || !*user)
    return no_such_link();
  if (request.method != "POST")
    return form_page(ok_status, **user, form_token(link_secret), {});
  return set_password(request, link_secret, **user, now);
}

listener::outbound_reply link_page::set_password(const listener::inbound_request& request,
                                                 std::string_view link_secret,
                                                 const store::user_info& user, epoch_us now) const {
  const std::string token = form_token(link_secret);
  const auto refused = [&](std::string_view problem) {
    return form_page(bad_request_status, user, token, problem);
  };
  if (!is_from_this_site(request))
    return html_page(forbidden_status, paragraph("The form was sent from another site."));
  if (request.body.size() > max_form_bytes || !request.content_encoding.empty())
    return refused("The form is too large.");
  const auto sent_token = form_field(request.body, "form_token");
  if (!sent_token || !equal_secrets(*sent_token, token))
    return html_page(forbidden_status, paragraph("The form is out of date. Open the link again."));
  const auto password = form_field(request.body, "password");
  if (!password || password != form_field(request.body, "again"))
    return refused("The two passwords differ.");
  if (const auto ok = check_password(*password); !ok)
    return refused(ok.error().message);
  const auto hash = hash_(*password);
  if (!hash)
    return refused("The server is busy. Try again in a moment.");
  const auto used =
      accounts_.use_password_link(sha256(link_secret), *hash, {user.name, request.peer, now, {}});
  if (!used && used.error().code == ec::not_found)
    return no_such_link();
  if (!used)
    return html_page(503, paragraph("The server cannot write to its store. Try again later."));
  return html_page(ok_status, paragraph("The password of " + user.name + " is set.") +
                                  "<p>Log in with:</p>\n<pre>" +
                                  html_text("spec-kitty sync server " + public_url_ +
                                            "\nspec-kitty auth login --username " + user.name) +
                                  "</pre>\n");
}

} // namespace spec_kitty::server
