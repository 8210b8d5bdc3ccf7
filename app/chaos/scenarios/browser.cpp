#include "app/chaos/scenarios/browser.hpp"

#include <stdexcept>

namespace spec_kitty::chaos {

namespace {

/// The text between the first `before` and the next `after`; empty where `before` is missing.
std::string text_between(std::string_view text, std::string_view before, char after) {
  const auto at = text.find(before);
  if (at == std::string_view::npos)
    return {};
  const auto begin = at + before.size();
  return std::string(text.substr(begin, text.find(after, begin) - begin));
}

std::string form_encoded(std::string_view text) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    if (std::isalnum(byte) != 0)
      out += letter;
    else
      out.append({'%', digits[byte >> 4U], digits[byte & 15U]});
  }
  return out;
}

} // namespace

browser::browser(int port, const std::string& username, const std::string& password) : port_(port) {
  open("/login");
  const auto page =
      send("/login", {{"username", username}, {"password", password}, {"next", "/account"}});
  if (page.find("Signed in as") == std::string::npos)
    throw std::runtime_error("a browser cannot sign in: " + page);
}

std::string browser::read(const std::string& request) {
  const auto reply = ask_http(port_, request);
  if (!reply)
    return {};
  if (const auto set = std::string(reply->header("set-cookie")); !set.empty())
    cookie_ = set.substr(0, set.find(';'));
  if (const auto token = text_between(reply->body, R"(name="form_token" value=")", '"');
      !token.empty())
    form_token_ = token;
  return reply->status() == 303 ? open(std::string(reply->header("location"))) : reply->body;
}

std::string browser::open(const std::string& path) {
  return read(request_text("GET", path, port_, "", "text/plain", {{"Cookie", cookie_}}));
}

std::string browser::send(const std::string& path,
                          const std::map<std::string, std::string>& fields) {
  std::string body = "form_token=" + form_encoded(form_token_);
  for (const auto& [name, value] : fields)
    body += "&" + name + "=" + form_encoded(value);
  return read(
      request_text("POST", path, port_, body, "application/x-www-form-urlencoded",
                   {{"Cookie", cookie_}, {"Origin", "http://127.0.0.1:" + std::to_string(port_)}}));
}

bool browser::approve(const std::string& user_code, const std::string& team) {
  open("/device?user_code=" + user_code);
  return send("/device", {{"user_code", user_code}, {"team", team}, {"decision", "approve"}})
             .find("<h1>Approved</h1>") != std::string::npos;
}

std::uint64_t browser::program_sessions() {
  const auto page = open("/account");
  if (page.find("Signed in as") == std::string::npos)
    throw std::runtime_error("the page of the sessions cannot be read: " + page);
  std::uint64_t count = 0;
  for (auto at = page.find(">a program<"); at != std::string::npos;
       at = page.find(">a program<", at + 1))
    ++count;
  return count;
}

} // namespace spec_kitty::chaos
