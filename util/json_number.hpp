// The numbers of a JSON text, judged and read here: RapidJSON finds where a number ends and reads
// none.
//
// RapidJSON 1.1.0 reads some exponents out of bounds (CVE-2024-38517) and takes 1.8e308 for
// infinity, which its writer then does not write. So a number is text until this file has read it.
// Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>

namespace spec_kitty {

/// A double written with all of its digits has at most 1,079 bytes.
inline constexpr std::size_t max_number_bytes = 1100;

/// What is wrong with a number, empty when nothing is: more than max_number_bytes, an exponent of
/// more than four digits, a value beyond any double, more than 300 digits before the point, or a
/// zero with an exponent of more than 300. A value that is closer to 0 than any double is read as
/// 0. `text` has the form of a JSON number.
std::string_view find_number_fault(std::string_view text);

/// A number without a fault: an integer where it is written as one and fits, else the nearest
/// double.
using json_number = std::variant<std::uint64_t, std::int64_t, double>;
json_number read_json_number(std::string_view text);

} // namespace spec_kitty
