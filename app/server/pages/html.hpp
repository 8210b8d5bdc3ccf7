// HTML of the server's pages: plain text in, escaped here and nowhere else, with the headers that
// keep scripts, frames and other sites out.
#pragma once

#include "app/listener/message.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::server {

/// Text for a place between HTML tags or in a quoted attribute.
std::string html_text(std::string_view text);
/// Text for a place in a query: all but letters, digits, `-`, `.`, `_` and `~` percent-encoded.
std::string query_text(std::string_view text);

/// A whole page. `content` is HTML; the title, which is also the heading, is text.
listener::outbound_reply html_page(int status, std::string_view title, const std::string& content);
/// A 303 to a path of this server.
listener::outbound_reply see_other(const std::string& path);
/// The page of a store that cannot be used.
listener::outbound_reply store_trouble();
/// The style sheet of all pages, at style_path.
listener::outbound_reply style_sheet();
inline constexpr std::string_view style_path = "/pages.css";

// ── Parts of a page. The arguments are text. ─────────────────────────────────────────────────────
std::string paragraph(std::string_view text);
/// What went wrong, read out at once; empty for an empty text.
std::string alert(std::string_view text);
std::string text_link(std::string_view path, std::string_view text);

/// An input with its label. `kind` and `more` (attributes) are HTML of the caller's own.
std::string input_field(std::string_view label, std::string_view name, std::string_view kind,
                        std::string_view more, std::string_view value = {});
std::string hidden_field(std::string_view name, std::string_view value);
std::string button(std::string_view text, std::string_view name = {}, std::string_view value = {});
/// A form that changes something: with the token without which nothing is changed. An empty path
/// is the page's own.
std::string change_form(std::string_view path, std::string_view form_token,
                        const std::string& content);

/// A table with a caption and a heading for each column; cells are HTML.
std::string table(std::string_view caption, const std::vector<std::string_view>& headings,
                  const std::vector<std::vector<std::string>>& rows);

} // namespace spec_kitty::server
