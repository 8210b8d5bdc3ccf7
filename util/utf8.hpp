// Whether bytes are text, and how foreign text is shown. In a file of its own: modules use it too.
#pragma once

#include <string>
#include <string_view>

namespace spec_kitty {

/// True when the bytes are well-formed UTF-8 (no surrogates, no overlong forms).
bool is_utf8(std::string_view bytes);

/// A text from elsewhere as one line for a terminal or a log. What a terminal would obey or could
/// not show becomes `?`: control characters (C0, DEL, C1), line and paragraph separators, marks
/// that change the direction of text, invisible tags, bytes that are not UTF-8. At most `max_bytes`
/// bytes, whole characters.
std::string printable(std::string_view text, std::size_t max_bytes = 300);

/// The text of a JSON document for a terminal: the same document, with `\uXXXX` in the place of
/// characters that printable() would replace.
std::string printable_json(std::string_view json);

} // namespace spec_kitty
