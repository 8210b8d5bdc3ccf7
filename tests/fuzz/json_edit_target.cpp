#include "tests/fuzz/targets.hpp"

#include "app/workflow/json_edit.hpp"
#include "app/workflow/merge_state.hpp"
#include "util/json.hpp"

#include <string>

namespace spec_kitty::fuzz {

void fuzz_json_edit(std::string_view input) {
  (void)workflow::decode_merge_state(std::string(input));
  const auto before = parse_json(input, json_keys::unique);
  if (!before || !before->IsObject())
    return;
  const auto set = workflow::with_member(input, "accepted_at", R"("x")");
  require(set.ok(), "an object takes a member");
  const auto after = parse_json(*set);
  require(after.ok() && text_of(*after, "accepted_at") == "x", "the member is read back");
  for (const auto& entry : before->GetObject()) {
    const json_value* there = member(*after, entry.name.GetString());
    const std::string_view name(entry.name.GetString(), entry.name.GetStringLength());
    if (name != "accepted_at" && name.find('\0') == std::string_view::npos)
      require(there != nullptr && *there == entry.value, "the others stay");
  }
  const auto listed = workflow::with_array_entry(input, "history", R"({"a":1})");
  require(listed.ok(), "an object takes an entry");
  const auto list_after = parse_json(*listed);
  const json_value* list = list_after ? member(*list_after, "history") : nullptr;
  require(list != nullptr && list->IsArray() && !list->Empty(), "the entry is read back");
}

} // namespace spec_kitty::fuzz
