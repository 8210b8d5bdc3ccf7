#include "tests/fuzz/targets.hpp"

#include "config/toml_file.hpp"
#include "util/utf8.hpp"

#include <map>
#include <string>

namespace spec_kitty::fuzz {

void fuzz_toml(std::string_view input) {
  const std::string quoted = toml_quote(input);
  const auto entries = read_toml("a = " + quoted + "\n", "file");
  if (is_utf8(input) && entries)
    require(entries->size() == 1 && entries->front().value == input, "a quoted text reads back");

  const auto before = read_toml(input, "file");
  if (!before)
    return;
  const std::string text = set_toml_value(input, "sync.interval_s", "300");
  const auto after = read_toml(text, "file");
  if (!after)
    return; // a table of that name is written in a way that this editor does not see
  std::map<std::string, std::string> values;
  for (const auto& entry : *after)
    values[entry.key] = entry.value;
  for (const auto& entry : *before)
    if (entry.key != "sync.interval_s")
      require(values.contains(entry.key), "other keys stay");
}

} // namespace spec_kitty::fuzz
