// What files.cpp and rooted_files.cpp share: the bytes of an open file, and the words for what it
// is not.
#pragma once

#include "util/files.hpp"
#include "util/result.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace spec_kitty::file_detail {

/// How the temporary file of a replacement is called: `name.<pid>.new`.
inline constexpr std::string_view unfinished = ".new";
std::string unfinished_name(const std::string& name);
/// True for the name that any process gives a temporary file of `of`.
bool is_unfinished_name(std::string_view name, std::string_view of);

/// Writes everything: 0, or the errno value of the failure.
int write_all(int fd, std::string_view bytes);

/// What is left to read; a failure beyond `limit` bytes.
result<std::optional<std::string>> read_all(int fd, const std::filesystem::path& file,
                                            std::size_t limit);
/// The whole of a regular file as it was opened: nothing where it does not exist.
result<std::optional<std::string>>
read_opened(const result<unique_fd>& fd, const std::filesystem::path& file, std::size_t limit);

failure not_regular(const std::filesystem::path& file);
failure too_long(const std::filesystem::path& file, std::size_t limit);

} // namespace spec_kitty::file_detail
