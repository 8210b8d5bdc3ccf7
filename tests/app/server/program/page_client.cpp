#include "tests/app/server/program/page_client.hpp"

#include "app/server/pages/html.hpp"

namespace spec_kitty::support {

std::string between(const std::string& text, const std::string& before, const std::string& after) {
  const auto at = text.find(before);
  if (at == std::string::npos)
    return {};
  const auto begin = at + before.size();
  return text.substr(begin, text.find(after, begin) - begin);
}

std::string page_client::exchange_of(const std::string& head, const std::string& body) {
  const std::string host = "127.0.0.1:" + std::to_string(port_);
  return support::exchange(
      port_, head + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n" +
                 (cookie.empty() ? "" : "Cookie: " + cookie + "\r\n") +
                 "Origin: " + (origin.empty() ? "http://" + host : origin) + "\r\n" +
                 "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: " +
                 std::to_string(body.size()) + "\r\n\r\n" + body);
}

std::string page_client::read(std::string reply) {
  if (const auto set = between(reply, "Set-Cookie: ", ";"); !set.empty())
    cookie = set;
  if (const auto token = between(reply, "name=\"form_token\" value=\"", "\""); !token.empty())
    form_token = token;
  if (reply.starts_with("HTTP/1.1 303"))
    return get(between(reply, "Location: ", "\r\n"));
  return reply;
}

std::string page_client::get(const std::string& path) {
  return read(exchange_of("GET " + path, ""));
}

std::string page_client::post(const std::string& path, std::map<std::string, std::string> fields) {
  fields.try_emplace("form_token", form_token);
  std::string body;
  for (const auto& [name, value] : fields)
    body += (body.empty() ? "" : "&") + name + "=" + server::query_text(value);
  return read(exchange_of("POST " + path, body));
}

std::string page_client::sign_in(const std::string& user, const std::string& password,
                                 const std::string& next) {
  (void)get("/login?next=" + server::query_text(next));
  return post("/login", {{"username", user}, {"password", password}, {"next", next}});
}

} // namespace spec_kitty::support
