#include "util/inner_path.hpp"

#include "util/utf8.hpp"

#include <algorithm>
#include <climits>

namespace spec_kitty {

namespace {

failure not_inner(std::string_view path, const std::string& why) {
  return {ec::bad_input, "the path " + printable(path) + " " + why,
          "give a path inside of its folder"};
}

} // namespace

bool is_file_name(std::string_view name) {
  return !name.empty() && name.size() <= NAME_MAX && name != "." && name != ".." &&
         name.find('/') == std::string_view::npos && name.find('\0') == std::string_view::npos;
}

result<std::vector<std::string>> inner_path(std::string_view path) {
  if (path.starts_with('/'))
    return not_inner(path, "does not begin inside of its folder");
  if (path.size() >= PATH_MAX)
    return not_inner(path, "is too long");
  std::vector<std::string> parts;
  for (std::string_view rest = path; !rest.empty();) {
    const auto part = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    if (part.empty() || part == ".")
      continue;
    if (!is_file_name(part))
      return not_inner(path, part == ".." ? "leads out of its folder" : "is not a path");
    parts.emplace_back(part);
  }
  if (parts.empty())
    return not_inner(path, "names nothing inside of its folder");
  return parts;
}

} // namespace spec_kitty
