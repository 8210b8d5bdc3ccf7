#include "util/json_number.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>

namespace spec_kitty {

namespace {

constexpr std::size_t max_exponent_digits = 4;
/// Without an exponent, so many bytes are always less than the largest double (309 digits).
constexpr std::size_t safe_bytes = 300;
constexpr int max_zero_exponent = 300;

/// The exponent with its sign; empty where it is missing.
std::string_view exponent_of(std::string_view text) {
  const auto at = text.find_first_of("eE");
  return at == std::string_view::npos ? std::string_view{} : text.substr(at + 1);
}

/// The power of ten of the first digit that is not 0; any value where all of them are.
int magnitude_of(std::string_view text) {
  std::string_view exponent = exponent_of(text);
  int power = 0;
  exponent.remove_prefix(exponent.starts_with('+') ? 1 : 0);
  std::from_chars(exponent.data(), exponent.data() + exponent.size(), power);
  const std::string_view digits = text.substr(0, text.find_first_of("eE"));
  const auto point = std::min(digits.find('.'), digits.size());
  const auto first = std::min(digits.find_first_of("123456789"), digits.size());
  const auto place = static_cast<int>(point) - static_cast<int>(first);
  return power + (first < point ? place - 1 : place);
}

bool is_zero(std::string_view text) {
  return text.substr(0, text.find_first_of("eE")).find_first_of("123456789") ==
         std::string_view::npos;
}

/// The nearest double: infinite where the value is beyond any, 0 where it is too close to 0.
double nearest_double(std::string_view text) {
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc::result_out_of_range)
    return value;
  const double beyond = magnitude_of(text) > 0 ? HUGE_VAL : 0.0; // it does not say on which side
  return text.starts_with('-') ? -beyond : beyond;
}

} // namespace

std::string_view find_number_fault(std::string_view text) {
  if (text.size() > max_number_bytes)
    return "a number of more than 1100 bytes";
  std::string_view exponent = exponent_of(text);
  if (exponent.empty() && text.size() <= safe_bytes)
    return {};
  exponent.remove_prefix(std::min(exponent.find_first_not_of("+-0"), exponent.size()));
  if (exponent.size() > max_exponent_digits)
    return "a number whose exponent has more than 4 digits";
  // RapidJSON gives up at these two, whatever their value is.
  const bool long_integer = std::min(text.find_first_of(".eE"), text.size()) > safe_bytes;
  const bool large_zero = is_zero(text) && magnitude_of(text) > max_zero_exponent;
  if (long_integer || large_zero || std::isinf(nearest_double(text)))
    return "a number that is too large for a double";
  return {};
}

json_number read_json_number(std::string_view text) {
  const char* const end = text.data() + text.size();
  const bool whole = text.find_first_of(".eE") == std::string_view::npos;
  if (whole && !text.starts_with('-')) {
    std::uint64_t value = 0;
    if (std::from_chars(text.data(), end, value).ec == std::errc{})
      return value;
  } else if (whole) {
    std::int64_t value = 0;
    if (std::from_chars(text.data(), end, value).ec == std::errc{})
      return value;
  }
  return nearest_double(text);
}

} // namespace spec_kitty
