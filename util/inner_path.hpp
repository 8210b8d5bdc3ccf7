// A path that stays below a folder, judged by its text alone.
#pragma once

#include "util/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty {

/// The components of a relative path, without empty ones and `.`. bad_input, with the path as it
/// can be printed, for one that is absolute, too long for a file system, or has `..` or a NUL
/// byte; also for one without a component.
result<std::vector<std::string>> inner_path(std::string_view path);

/// True for a single component: what a name from outside must be before it becomes part of a path.
bool is_file_name(std::string_view name);

} // namespace spec_kitty
