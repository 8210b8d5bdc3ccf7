// Lines of a document with their ends kept, and which of them are code: the base of every edit
// by line. Pure.
#pragma once

#include "util/utf8_text.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::workflow {

/// One line of a text. `content` and `ending` are views into it.
struct text_line {
  std::size_t at = 0;       ///< byte offset of its first byte
  std::string_view content; ///< without the line's end
  std::string_view ending;  ///< "\n", "\r\n", or empty at the end of the text
  bool is_code = false;     ///< inside, or a fence of, a code block
  bool is_hidden = false;   ///< code, or begins inside or is wholly an HTML comment

  std::size_t end() const { return at + content.size() + ending.size(); }
};

/// The lines of a Markdown text, in order. A text that ends with a line end has no empty last line.
std::vector<text_line> lines_of_text(std::string_view text);

/// "\r\n" where the first line ends so, else "\n".
std::string line_ending_of(std::string_view text);

/// The number of `#` of an ATX heading (1 to 6); 0 for any other line.
std::size_t heading_level(std::string_view line);

std::string_view trimmed(std::string_view text);

/// Any text as one line: runs of white space and control characters become one space.
std::string as_one_line(std::string_view text);

/// The parts with a separator between them.
std::string joined(const std::vector<std::string>& words, std::string_view between = ", ");

using spec_kitty::as_utf8;

} // namespace spec_kitty::workflow
