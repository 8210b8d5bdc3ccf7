// Parts of a JSON text as the very text they arrived in.
//
// A parsed and rewritten event could differ from what was given (1.10 becomes 1.1). Events are
// stored and passed on digit for digit, so they are cut out of the compact text instead.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty {

/// The texts of the elements of the list that stands under `name` in an object (the first, where
/// the name is there twice); nothing when there is no such list. `compact` must be the output of
/// compact_json: nothing is checked here. The views live as long as that text.
std::optional<std::vector<std::string_view>> list_slices(std::string_view compact,
                                                         std::string_view name);

/// The text of the value that stands under `name` (the first); nothing where the member is missing.
/// Demands the same of `compact` as list_slices.
std::optional<std::string_view> member_slice(std::string_view compact, std::string_view name);

/// `compact` with other text in place of one of its slices.
std::string with_slice(std::string_view compact, std::string_view slice, std::string_view text);

/// The object with a member at its end, in place of one of that name. `value` is compact JSON.
std::string with_member_at_end(std::string_view compact, std::string_view name,
                               std::string_view value);

/// The object without that member; every other byte as it is.
std::string without_member(std::string_view compact, std::string_view name);

} // namespace spec_kitty
