// Where the modules and helper programs are: beside the binary in a build tree, in the library
// folder after an install; beside the shared library, or below its folder, for a host. No
// environment variable takes part.
#pragma once

#include "util/result.hpp"

#include <filesystem>
#include <string>

namespace spec_kitty {

/// The path of a module or helper program, in `folder` where a host names one; internal, naming
/// the places tried, when it is missing.
result<std::filesystem::path> find_part(const std::string& file_name,
                                        const std::filesystem::path& folder = {});

} // namespace spec_kitty
