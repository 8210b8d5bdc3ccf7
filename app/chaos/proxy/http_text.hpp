// HTTP/1.1 messages as bytes: found in a buffer, and written. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spec_kitty::chaos {

/// One whole message, a request or a reply.
struct http_text {
  std::string raw;                            ///< as it came
  std::string start;                          ///< its first line
  std::map<std::string, std::string> headers; ///< names in lower case
  std::string body;                           ///< as it came, still compressed

  std::string_view header(const std::string& name) const;
  std::string method() const; ///< of a request
  std::string path() const;   ///< of a request, without query
  int status() const;         ///< of a reply; 0 if the text has no status line
};

/// The message at the beginning of `bytes`; nothing while it is not whole. A reply without a length
/// is whole when its sender has `ended`.
std::optional<http_text> first_message(std::string_view bytes, bool ended = false);

using header_list = std::vector<std::pair<std::string, std::string>>;

/// A reply with its length.
std::string reply_text(int status, std::string_view body,
                       std::string_view type = "application/json", const header_list& more = {});

} // namespace spec_kitty::chaos
