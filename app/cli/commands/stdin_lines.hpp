// The lines of stdin, a burst at a time: all that can be read at once, up to 1 MiB.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty {

/// Splits stdin into lines; a line without an end does not fill the memory.
class stdin_lines {
public:
  struct line {
    std::string_view text; ///< without its newline; until the next call of next()
    bool too_long = false; ///< longer than 16 MiB, and not kept
  };
  enum class wait { no, yes };

  /// The whole lines that can be read without waiting, up to 4096. Without one, waits for one if
  /// it may. Empty where it may not, or at the end of the input.
  std::span<const line> next(wait may_wait);

private:
  void take_lines();
  bool fill();
  bool can_read() const;

  std::vector<line> lines_;
  std::array<char, 65536> chunk_{};
  std::string buffer_;
  std::size_t taken_ = 0;    ///< of the buffer, by earlier lines
  std::size_t searched_ = 0; ///< no newline before this, behind what was taken
  bool skipping_ = false;    ///< the rest of a line that is too long
  bool ended_ = false;
};

} // namespace spec_kitty
