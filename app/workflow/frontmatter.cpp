#include "app/workflow/frontmatter.hpp"

#include "app/workflow/text_lines.hpp"
#include "util/json.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>

namespace spec_kitty::workflow {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
/// A frontmatter holds a few lists and titles; yaml-cpp keeps 100 bytes for each of its own.
constexpr std::size_t max_frontmatter_bytes = std::size_t{256} << 10;

bool is_marker(std::string_view line) {
  return line.starts_with("---") && trimmed(line.substr(3)).empty();
}

} // namespace

failure frontmatter_file::broken(std::size_t line, std::size_t column,
                                 const std::string& what) const {
  return {ec::bad_input,
          name_ + ", line " + std::to_string(line) + ", column " + std::to_string(column) + ": " +
              what,
          "fix the frontmatter of " + name_ + ", then run the command again"};
}

result<frontmatter_file> frontmatter_file::parse(std::string text, std::string name) {
  frontmatter_file file;
  file.name_ = std::move(name);
  file.text_ = std::move(text);
  if (!is_utf8(file.text_))
    return file.broken(1, 1, "the file is not UTF-8");
  if (auto read = file.read(); !read)
    return read.error();
  return file;
}

result<void> frontmatter_file::read() {
  const std::string_view all(text_);
  yaml_at_ = all.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
  const auto next_line = [&](std::size_t at) {
    return std::min(all.find('\n', at), all.size() - 1) + 1;
  };
  if (all.empty() || !is_marker(trimmed(all.substr(yaml_at_, next_line(yaml_at_) - yaml_at_))) ||
      all.substr(yaml_at_, 1) != "-")
    return broken(1, 1, "no frontmatter: the first line is not ---");
  yaml_at_ = next_line(yaml_at_);
  std::size_t at = yaml_at_;
  for (;; at = next_line(at)) {
    if (at >= all.size())
      return broken(1, 1, "the frontmatter has no closing --- line");
    if (is_marker(all.substr(at, next_line(at) - at)))
      break;
  }
  yaml_end_ = at;
  body_at_ = next_line(at);
  if (yaml().size() > max_frontmatter_bytes)
    return broken(1, 1, "the frontmatter is longer than 256 KiB");
  return read_entries();
}

result<void> frontmatter_file::read_entries() {
  entries_.clear();
  std::set<std::size_t> lines;
  std::set<std::string> keys;
  try {
    const YAML::Node root = YAML::Load(std::string(yaml()));
    if (root.IsNull())
      return {};
    if (!root.IsMap())
      return broken(2, 1, "the frontmatter is not a YAML map");
    for (const auto& pair : root) {
      entry entry;
      const auto mark = pair.first.Mark();
      entry.key = pair.first.IsScalar() ? pair.first.Scalar() : "";
      entry.line = static_cast<std::size_t>(std::max(mark.line, 0));
      if (mark.column != 0 || !lines.insert(entry.line).second || entry.key.empty())
        return broken(entry.line + 2, static_cast<std::size_t>(std::max(mark.column, 0)) + 1,
                      "each key must begin a line of its own");
      if (!keys.insert(entry.key).second)
        return broken(entry.line + 2, 1, "the key " + entry.key + " appears twice");
      if (pair.second.IsScalar()) {
        entry.what = kind::scalar;
        entry.scalar = pair.second.Scalar();
      } else if (pair.second.IsMap()) {
        entry.what = kind::map;
        entry.scalar = YAML::Dump(pair.second);
      } else if (pair.second.IsSequence()) {
        entry.what = kind::list;
        for (const auto& item : pair.second) {
          entry.list.push_back(item.IsScalar() ? item.Scalar() : YAML::Dump(item));
          entry.list_lines.push_back(static_cast<std::size_t>(std::max(item.Mark().line, 0)));
        }
      }
      entries_.push_back(std::move(entry));
    }
  } catch (const YAML::Exception& error) {
    const auto line = static_cast<std::size_t>(std::max(error.mark.line, 0));
    const auto column = static_cast<std::size_t>(std::max(error.mark.column, 0));
    return broken(line + 2, column + 1, "malformed YAML: " + error.msg);
  }
  return {};
}

const frontmatter_file::entry* frontmatter_file::find(std::string_view key) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const entry& entry) { return entry.key == key; });
  return found == entries_.end() ? nullptr : &*found;
}

void frontmatter_file::set_body(std::string_view body) {
  text_.replace(body_at_, std::string::npos, std::string(body));
}

std::string frontmatter_file::scalar(std::string_view key) const {
  const entry* found = find(key);
  return found != nullptr && found->what == kind::scalar ? found->scalar : std::string();
}

std::optional<std::vector<std::string>> frontmatter_file::list(std::string_view key) const {
  const entry* found = find(key);
  if (found == nullptr || found->what != kind::list)
    return std::nullopt;
  return found->list;
}

result<void> frontmatter_file::adopt(const std::string& yaml, const entry& wanted) {
  std::string fresh = text_;
  fresh.replace(yaml_at_, yaml_end_ - yaml_at_, yaml);
  auto after = parse(std::move(fresh), name_);
  auto expected = entries_;
  const auto old = std::find_if(expected.begin(), expected.end(),
                                [&](const entry& entry) { return entry.key == wanted.key; });
  const std::size_t line = old == expected.end() ? 0 : old->line;
  if (old == expected.end())
    expected.push_back(wanted);
  else
    *old = wanted;
  const bool same = after.ok() && after->entries_ == expected && after->body() == body();
  if (!same)
    return broken(line + 2, 1,
                  "cannot set " + wanted.key + " without changing more of the frontmatter");
  *this = std::move(*after);
  return {};
}

} // namespace spec_kitty::workflow
