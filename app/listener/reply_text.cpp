#include "app/listener/reply_text.hpp"

#include "util/text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace spec_kitty::listener {

namespace {

struct status_words {
  int status;
  std::string_view words;
};

constexpr std::array<status_words, 37> known_statuses = {{
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
}};

/// The listener's own fields, by their names in small letters.
constexpr std::array<std::string_view, 7> own_fields = {
    "connection", "content-length",    "content-type", "date",
    "keep-alive", "transfer-encoding", "x-request-id"};

bool is_name_character(char character) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'z') ||
         (character >= 'A' && character <= 'Z') || marks.find(character) != std::string_view::npos;
}

bool is_value(std::string_view value) {
  return std::none_of(value.begin(), value.end(), [](char character) {
    const auto byte = static_cast<unsigned char>(character);
    return (byte < 0x20 && byte != '\t') || byte == 0x7f;
  });
}

bool may_be_sent(const header_field& field) {
  return !field.name.empty() &&
         std::all_of(field.name.begin(), field.name.end(), is_name_character) &&
         is_value(field.value) &&
         std::find(own_fields.begin(), own_fields.end(), lower_case(field.name)) ==
             own_fields.end();
}

void add_field(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ").append(value).append("\r\n");
}

} // namespace

std::string_view reason_phrase(int status) {
  const auto found =
      std::find_if(known_statuses.begin(), known_statuses.end(),
                   [&](const status_words& known) { return known.status == status; });
  return found == known_statuses.end() ? "Unknown" : found->words;
}

bool has_reply_body(int status, bool head_only) {
  return !head_only && status >= 200 && status != 204 && status != 304;
}

std::string http_date(std::int64_t seconds) {
  constexpr std::array<const char*, 7> days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  if (::gmtime_r(&time, &parts) == nullptr)
    return {};
  std::array<char, 64> text{};
  const int length = std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                   days[static_cast<std::size_t>(parts.tm_wday)], parts.tm_mday,
                                   months[static_cast<std::size_t>(parts.tm_mon)],
                                   parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec);
  return length > 0 ? std::string(text.data(), static_cast<std::size_t>(length)) : std::string{};
}

std::string reply_head(const outbound_reply& reply, const reply_form& form) {
  std::string head;
  head.reserve(256);
  head.append(form.version_1_0 ? "HTTP/1.0 " : "HTTP/1.1 ").append(std::to_string(reply.status));
  head.append(" ").append(reason_phrase(reply.status)).append("\r\n");
  add_field(head, "Date", http_date(form.time));
  if (!reply.content_type.empty() && is_value(reply.content_type))
    add_field(head, "Content-Type", reply.content_type);
  if (reply.status >= 200 && reply.status != 204)
    add_field(head, "Content-Length", std::to_string(reply.body.size()));
  for (const auto& field : reply.headers)
    if (may_be_sent(field))
      add_field(head, field.name, field.value);
  if (!form.id.empty())
    add_field(head, "X-Request-Id", form.id);
  if (!form.keep_alive)
    add_field(head, "Connection", reply.status == 426 ? "close, Upgrade" : "close");
  else if (form.version_1_0)
    add_field(head, "Connection", "keep-alive");
  return head.append("\r\n");
}

} // namespace spec_kitty::listener
