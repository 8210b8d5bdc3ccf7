// The words behind the `?` of a request. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace spec_kitty::board {

/// Name and value of each word, percent-decoded; the first of a name counts. Nothing for a broken
/// escape or text that is not UTF-8.
std::optional<std::map<std::string, std::string>> read_query(std::string_view query);

} // namespace spec_kitty::board
