#include "tests/fuzz/targets.hpp"

#include "app/server/pages/forms.hpp"
#include "app/server/pages/html.hpp"

#include <string>

namespace spec_kitty::fuzz {

void fuzz_form(std::string_view input) {
  const auto value = server::form_field(input, "code");
  if (!value)
    return;
  require(value->size() <= input.size(), "decoding makes nothing longer");
  const std::string again = "other=1&code=" + server::query_text(*value);
  require(server::form_field(again, "code") == value, "a field that is encoded reads back");
  require(!server::form_field(again + "&code=x", "code"), "a field that is given twice is refused");
  const std::string shown = server::html_text(*value);
  require(shown.find_first_of("<>\"'") == std::string::npos, "a text leaves its place in no page");
}

} // namespace spec_kitty::fuzz
