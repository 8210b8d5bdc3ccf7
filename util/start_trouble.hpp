// Why a program could not be started, and what helps: not installed, no permission to run it, no
// interpreter.
#pragma once

#include "util/result.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace spec_kitty {

/// The failure of a program that was to run in `folder`, with the errno value of its start.
/// bad_input.
failure start_trouble(const std::string& name, const std::filesystem::path& folder, int error);

/// The failure of a file that is there and may not be run; nothing where the name leads to no file.
/// A name without a slash is looked up in PATH by nobody here.
std::optional<failure> not_executable(const std::string& name, const std::filesystem::path& folder);

} // namespace spec_kitty
