// The last line of a terminal, in which a command shows how far it is. It is removed before
// anything else is written, so that it never stands in front of other text.
#pragma once

#include <mutex>
#include <string>

namespace spec_kitty {

/// Whether stderr is a terminal that can take a line back.
bool has_status_line();

/// How many characters such a line may have.
std::size_t status_line_columns();

/// Shows the text there, in place of what it showed.
void draw_status_line(const std::string& text);

/// Removes the line if it is drawn. As long as the lock is held none is drawn.
[[nodiscard]] std::unique_lock<std::mutex> remove_status_line();

} // namespace spec_kitty
