// A Markdown file with YAML frontmatter, edited by line.
//
// yaml-cpp gives the meaning of the frontmatter and the place of each key; an edit replaces only
// the bytes of one value. So quoting, comments, unknown keys, order, line ends, a byte order mark
// and the body stay as they are. Rejected: writing the parsed tree out again, which reformats all
// of it. Every edit is read back before it counts. Pure.
#pragma once

#include "util/result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::workflow {

class frontmatter_file {
public:
  /// Reads a file's bytes. bad_input names the file, line and column if it is not UTF-8, has no
  /// frontmatter, or its YAML is malformed or not a plain block of `key: value` lines.
  static result<frontmatter_file> parse(std::string text, std::string name);

  /// The whole file in its present state.
  const std::string& text() const { return text_; }
  /// Everything after the closing `---` line.
  std::string_view body() const { return std::string_view(text_).substr(body_at_); }
  void set_body(std::string_view body);

  /// The scalar of a top-level key; empty if the key is missing, null or not a scalar.
  std::string scalar(std::string_view key) const;
  /// The scalars of a top-level list; nothing if the key is missing, null or not a list.
  std::optional<std::vector<std::string>> list(std::string_view key) const;

  /// Sets a scalar in the style the value has, or appends the key.
  result<void> set_scalar(std::string_view key, std::string_view value);
  /// Makes a list have exactly these entries. Present entries keep their lines and order.
  result<void> set_list(std::string_view key, const std::vector<std::string>& entries);

private:
  enum class kind { null, scalar, list, map };
  struct entry {
    std::string key;
    kind what = kind::null;
    std::string scalar;
    std::vector<std::string> list;
    std::vector<std::size_t> list_lines; ///< the line of each entry
    std::size_t line = 0;                ///< of the key, counted from the first line of YAML
    bool operator==(const entry& other) const {
      return key == other.key && what == other.what && scalar == other.scalar && list == other.list;
    }
  };

  result<void> read();
  result<void> read_entries();
  const entry* find(std::string_view key) const;
  failure broken(std::size_t line, std::size_t column, const std::string& what) const;
  std::string_view yaml() const {
    return std::string_view(text_).substr(yaml_at_, yaml_end_ - yaml_at_);
  }
  /// Puts the edited YAML in place when it reads as `wanted` and everything else as before.
  result<void> adopt(const std::string& yaml, const entry& wanted);
  std::string in_style(std::string_view value, char quote) const;
  char usual_quote() const;
  std::string insert_key(std::string_view key, const std::string& rendered) const;
  std::string flow_list_of(const std::vector<std::string>& list) const;
  /// @{
  /// The YAML with `list` as the value whose lines are [first, next).
  std::string with_flow_list(std::string_view key, const std::vector<std::string>& list,
                             std::size_t first, std::size_t next) const;
  std::string with_block_list(const entry& found, const std::vector<std::string>& list,
                              std::size_t first, std::size_t next) const;
  /// @}

  std::string name_;
  std::string text_;
  std::size_t yaml_at_ = 0;
  std::size_t yaml_end_ = 0;
  std::size_t body_at_ = 0;
  std::vector<entry> entries_;
};

} // namespace spec_kitty::workflow
