// The contract's payload definitions as tables, made from events.schema.json when the project is
// configured (payload_tables.cmake). A rule that the tables cannot express is `unknown`: no text is
// said to fit it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace spec_kitty {

/// What a text has to look like.
enum class text_form : std::uint8_t {
  any,
  work_package,   ///< ^WP[0-9]{2}$
  feature_number, ///< ^[0-9]{3,6}$
  feature_slug,   ///< ^[^/]+$
  date_time,
  unknown,
};

/// The types that a field may have. Numbers of other kinds than whole ones stand in no definition.
inline constexpr std::uint8_t takes_text = 1;
inline constexpr std::uint8_t takes_integer = 2;
inline constexpr std::uint8_t takes_null = 4;
inline constexpr std::uint8_t takes_list = 8;

struct payload_field {
  std::string_view name;
  std::uint8_t takes = 0;
  bool required = false;
  bool not_empty = false; ///< of a text
  std::uint16_t max_bytes =
      0; ///< of a text that surely has no more characters than allowed; 0: any
  text_form form = text_form::any;             ///< of a text
  text_form items = text_form::any;            ///< of the entries of a list, which are texts
  std::span<const std::string_view> choices{}; ///< of a text; empty: any
};

struct payload_table {
  std::string_view event_type;
  std::span<const payload_field> fields; ///< at most 32
};

/// The table of a type of the contract; nothing where it has none.
const payload_table* payload_table_of(std::string_view event_type);

} // namespace spec_kitty
