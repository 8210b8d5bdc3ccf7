#include "tests/fuzz/targets.hpp"

#include "messages/foreign_event.hpp"
#include "messages/redact.hpp"
#include "util/json.hpp"
#include "util/json_slices.hpp"

#include <string>

namespace spec_kitty::fuzz {

namespace {

constexpr std::string_view secret = "secret-secret";
const redaction_terms terms{{"/home/ann"}, {std::string(secret)}, {"tok-1"}};

/// The digits and signs of all numbers, in order.
std::string numbers_in(std::string_view compact) {
  std::string numbers;
  bool in_text = false;
  for (std::size_t at = 0; at < compact.size(); ++at) {
    const char c = compact[at];
    if (in_text && c == '\\')
      ++at;
    else if (c == '"')
      in_text = !in_text;
    else if (!in_text && std::string_view("+-.0123456789,").find(c) != std::string_view::npos)
      numbers += c;
  }
  return numbers;
}

void check_members(const std::string& compact, const json_document& value) {
  if (!value.IsObject())
    return;
  for (const auto& entry : value.GetObject()) {
    const std::string name(entry.name.GetString(), entry.name.GetStringLength());
    const std::string whole = with_member_at_end(compact, name, "1.10");
    const auto after = parse_json(whole, json_keys::unique);
    require(after.ok() && after->MemberCount() == value.MemberCount(), "a member can be replaced");
    if (to_text(entry.name) == '"' + name + '"') // not escaped
      require(member_slice(whole, name) == "1.10", "and cut out");
  }
}

void check_redaction(const std::string& compact) {
  const std::string clean = redact_json(compact, terms);
  require(is_json(clean), "redacted text is JSON");
  require(clean.find(secret) == std::string::npos, "no secret is left");
  require(redact_json(compact, {}) == compact, "without terms nothing changes");
  if (compact.find("secret-secret") == std::string::npos)
    require(numbers_in(clean) == numbers_in(compact), "numbers keep their digits");
}

} // namespace

void fuzz_json(std::string_view input) {
  const auto compact = compact_json(input);
  const auto parsed = parse_json(input);
  require(compact.ok() == parsed.ok() && compact.ok() == is_json(input), "all readers agree");
  const auto unique = compact_json(input, json_keys::unique);
  std::string text(input);
  const auto both = compact_and_parse(text);
  require(both.ok() == unique.ok(), "compact_and_parse takes what compact_json takes");
  if (unique)
    require(text == *unique && compact && *compact == text, "and gives the same text");
  (void)read_foreign_event(input, terms);
  if (!compact)
    return;
  const auto again = compact_json(*compact);
  require(again && *again == *compact, "compact text stays");
  require(numbers_in(*again) == numbers_in(*compact), "numbers keep their digits");
  require(is_json(to_text(*parsed)), "what is parsed can be written");
  if (unique)
    check_members(*compact, *parsed);
  check_redaction(*compact);
}

} // namespace spec_kitty::fuzz
