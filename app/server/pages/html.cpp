#include "app/server/pages/html.hpp"

namespace spec_kitty::server {

namespace {

constexpr std::string_view policy =
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'";

constexpr std::string_view style = R"(:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0; }
main { max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
label { display: block; margin: 1rem 0 0.25rem; }
fieldset { margin: 1rem 0; }
fieldset label { display: inline; margin: 0 1rem 0 0.25rem; }
input, button { font: inherit; padding: 0.4rem 0.6rem; box-sizing: border-box; }
input:not([type=radio]) { width: 100%; max-width: 24rem; }
button { margin: 1rem 0.5rem 0 0; }
td button { margin: 0; }
:focus-visible { outline: 3px solid #1a73e8; outline-offset: 2px; }
[role=alert] { border-left: 4px solid #c5221f; padding: 0.25rem 0.75rem; }
dt { font-weight: bold; }
dd { margin: 0 0 0.5rem; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; font-weight: bold; padding: 1rem 0 0.25rem; }
th, td { text-align: left; padding: 0.4rem 0.6rem 0.4rem 0; vertical-align: top; }
td { overflow-wrap: anywhere; }
code, pre { font-size: 1rem; }
)";

void add_security_headers(listener::outbound_reply& reply) {
  reply.headers = {
      {"Content-Security-Policy", std::string(policy)},
      // A form of this site then says where it comes from, and no other site learns an address.
      {"Referrer-Policy", "same-origin"},
      {"X-Content-Type-Options", "nosniff"},
      {"X-Frame-Options", "DENY"},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Cache-Control", "no-store"},
  };
}

/// `attribute="text"` behind a blank; nothing for an empty text.
std::string attribute(std::string_view name, std::string_view text) {
  return text.empty() ? std::string() : " " + std::string(name) + "=\"" + html_text(text) + "\"";
}

} // namespace

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

std::string query_text(std::string_view text) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain)
      out += c;
    else
      out.append({'%', hex[byte >> 4U], hex[byte & 15U]});
  }
  return out;
}

listener::outbound_reply html_page(int status, std::string_view title, const std::string& content) {
  listener::outbound_reply reply;
  reply.status = status;
  reply.content_type = "text/html; charset=utf-8";
  const std::string name = html_text(title);
  reply.body = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
               "<title>spec-kitty: " +
               name + "</title>\n<link rel=\"stylesheet\" href=\"" + std::string(style_path) +
               "\">\n</head>\n<body>\n<main>\n<h1>" + name + "</h1>\n" + content +
               "</main>\n</body>\n</html>\n";
  add_security_headers(reply);
  return reply;
}

listener::outbound_reply see_other(const std::string& path) {
  listener::outbound_reply reply;
  reply.status = 303;
  reply.content_type.clear();
  add_security_headers(reply);
  reply.headers.push_back({"Location", path});
  return reply;
}

listener::outbound_reply store_trouble() {
  return html_page(503, "Not now", paragraph("The server cannot use its store. Try again later."));
}

listener::outbound_reply style_sheet() {
  listener::outbound_reply reply;
  reply.content_type = "text/css; charset=utf-8";
  reply.body = style;
  reply.headers = {{"X-Content-Type-Options", "nosniff"}, {"Cache-Control", "max-age=3600"}};
  return reply;
}

std::string paragraph(std::string_view text) {
  return "<p>" + html_text(text) + "</p>\n";
}

std::string alert(std::string_view text) {
  return text.empty() ? std::string()
                      : "<p role=\"alert\"><strong>" + html_text(text) + "</strong></p>\n";
}

std::string text_link(std::string_view path, std::string_view text) {
  return "<a href=\"" + html_text(path) + "\">" + html_text(text) + "</a>";
}

std::string input_field(std::string_view label, std::string_view name, std::string_view kind,
                        std::string_view more, std::string_view value) {
  const std::string id = html_text(name);
  return "<label for=\"" + id + "\">" + html_text(label) + "</label>\n<input id=\"" + id +
         "\" name=\"" + id + "\" type=\"" + std::string(kind) + "\"" + attribute("value", value) +
         " " + std::string(more) + ">\n";
}

std::string hidden_field(std::string_view name, std::string_view value) {
  return "<input type=\"hidden\" name=\"" + html_text(name) + "\" value=\"" + html_text(value) +
         "\">\n";
}

std::string button(std::string_view text, std::string_view name, std::string_view value) {
  return "<button type=\"submit\"" + attribute("name", name) + attribute("value", value) + ">" +
         html_text(text) + "</button>\n";
}

std::string change_form(std::string_view path, std::string_view form_token,
                        const std::string& content) {
  return "<form method=\"post\"" + attribute("action", path) + ">\n" +
         hidden_field("form_token", form_token) + content + "</form>\n";
}

std::string table(std::string_view caption, const std::vector<std::string_view>& headings,
                  const std::vector<std::vector<std::string>>& rows) {
  std::string out = "<table>\n<caption>" + html_text(caption) + "</caption>\n<thead><tr>";
  for (const auto heading : headings)
    out += "<th scope=\"col\">" + html_text(heading) + "</th>";
  out += "</tr></thead>\n<tbody>\n";
  for (const auto& row : rows) {
    out += "<tr>";
    for (const auto& cell : row)
      out += "<td>" + cell + "</td>";
    out += "</tr>\n";
  }
  return out + "</tbody>\n</table>\n";
}

} // namespace spec_kitty::server
