// meta.json edited in place: one member's value changes, every other byte stays. Pure.
#pragma once

#include "util/result.hpp"

#include <string>
#include <string_view>

namespace spec_kitty::workflow {

/// The object's text with `name` set to a JSON value: its old value is replaced, or the member is
/// appended in the indentation of the others. bad_input if `text` is not a JSON object.
result<std::string> with_member(std::string_view text, std::string_view name,
                                std::string_view value);

/// The object's text with a JSON value appended to the array `name`, which is added if it is
/// missing.
result<std::string> with_array_entry(std::string_view text, std::string_view name,
                                     std::string_view value);

} // namespace spec_kitty::workflow
