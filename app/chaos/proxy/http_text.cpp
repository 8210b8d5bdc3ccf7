#include "app/chaos/proxy/http_text.hpp"

#include <charconv>

namespace spec_kitty::chaos {

namespace {

constexpr std::string_view line_end = "\r\n";

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return out;
}

template <class Number>
std::optional<Number> decimal_in(std::string_view text) {
  Number out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() ? std::optional(out) : std::nullopt;
}

std::string word(std::string_view line, int number) {
  for (; number > 0 && line.find(' ') != std::string_view::npos; --number)
    line.remove_prefix(line.find(' ') + 1);
  return std::string(line.substr(0, line.find(' ')));
}

} // namespace

std::string_view http_text::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

std::string http_text::method() const {
  return word(start, 0);
}

std::string http_text::path() const {
  const auto target = word(start, 1);
  return target.substr(0, target.find('?'));
}

int http_text::status() const {
  return decimal_in<int>(word(start, 1)).value_or(0);
}

std::optional<http_text> first_message(std::string_view bytes, bool ended) {
  const auto head_end = bytes.find("\r\n\r\n");
  if (head_end == std::string_view::npos)
    return std::nullopt;
  http_text out;
  std::string_view head = bytes.substr(0, head_end);
  out.start = std::string(head.substr(0, head.find(line_end)));
  for (auto at = head.find(line_end); at != std::string_view::npos; at = head.find(line_end)) {
    head.remove_prefix(at + line_end.size());
    const auto line = head.substr(0, head.find(line_end));
    const auto colon = line.find(':');
    if (colon == std::string_view::npos)
      continue;
    auto value = line.substr(colon + 1);
    while (value.starts_with(' '))
      value.remove_prefix(1);
    out.headers[lower(line.substr(0, colon))] = std::string(value);
  }
  const auto body = bytes.substr(head_end + 4);
  const bool reply = out.start.starts_with("HTTP/");
  const bool bare = reply && (out.status() < 200 || out.status() == 204 || out.status() == 304);
  auto size = decimal_in<std::size_t>(out.header("content-length"));
  if (bare || (!size && !reply))
    size = 0;
  if (size ? body.size() < *size : !ended)
    return std::nullopt;
  out.body = std::string(body.substr(0, size.value_or(body.size())));
  out.raw = std::string(bytes.substr(0, head_end + 4 + out.body.size()));
  return out;
}

std::string reply_text(int status, std::string_view body, std::string_view type,
                       const header_list& more) {
  std::string out = "HTTP/1.1 " + std::to_string(status) + " Said\r\n";
  if (!type.empty())
    out += "Content-Type: " + std::string(type) + "\r\n";
  for (const auto& [name, value] : more)
    out.append(name).append(": ").append(value).append("\r\n");
  if (status != 204 && status != 304)
    out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return out + "\r\n" + std::string(body);
}

} // namespace spec_kitty::chaos
