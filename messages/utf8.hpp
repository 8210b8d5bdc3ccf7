// Whether bytes are text. Alone in its file: modules use it too.
#pragma once

#include <string_view>

namespace spec_kitty {

/// True when the bytes are well-formed UTF-8 (no surrogates, no overlong forms).
bool is_utf8(std::string_view bytes);

} // namespace spec_kitty
