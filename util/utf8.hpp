// Whether bytes are text, and how others' text is shown. Alone in its file: modules use it too.
#pragma once

#include <string>
#include <string_view>

namespace spec_kitty {

/// True when the bytes are well-formed UTF-8 (no surrogates, no overlong forms).
bool is_utf8(std::string_view bytes);

/// What somebody else wrote, as one line for a terminal or a log: control characters (C0, DEL, C1)
/// and what is not UTF-8 become `?`; at most `most` bytes, whole characters.
std::string printable(std::string_view text, std::size_t most = 300);

} // namespace spec_kitty
