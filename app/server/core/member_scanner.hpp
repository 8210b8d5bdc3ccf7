// Cuts the members of a JSON object out of its text, with the bytes in which they came. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace spec_kitty::server {

/// The syntax was checked before; what is not an object makes next() fail, and nothing is read
/// beyond the text's end.
class member_scanner {
public:
  explicit member_scanner(std::string_view text) : text_(text) {}

  /// Moves behind the brace; false where the text does not begin with one.
  bool open();

  struct member {
    std::string_view key; ///< with its quotes
    std::string_view value;
  };
  /// Nothing at the end, or where the text is not an object: failed() says which.
  std::optional<member> next();
  bool failed() const { return failed_; }

private:
  void skip_space();
  bool take(char c);
  bool string(std::string_view& out);
  bool value(std::string_view& out);

  std::string_view text_;
  std::size_t at_ = 0;
  bool first_ = true;
  bool failed_ = false;
};

} // namespace spec_kitty::server
