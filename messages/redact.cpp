#include "messages/redact.hpp"

#include <algorithm>
#include <cctype>

namespace spec_kitty {

namespace {

constexpr std::size_t min_secret_bytes = 8;

/// A character that can continue a longer name: `/home/ann` is not in `/home/anna`.
bool continues_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.' ||
         (static_cast<unsigned char>(c) & 0x80U) != 0;
}

void replace_all(std::string& text, std::string_view what, std::string_view with, bool as_path) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
    const std::size_t end = at + what.size();
    const bool inside =
        as_path && ((at > 0 && (continues_name(text[at - 1]) || text[at - 1] == '/')) ||
                    (end < text.size() && continues_name(text[end])));
    if (inside) {
      at = end;
      continue;
    }
    text.replace(at, what.size(), with);
    at += with.size();
  }
}

} // namespace

std::string redact(std::string_view text, const redaction_terms& words) {
  std::string clean(text);
  for (const auto& secret : words.secrets)
    if (secret.size() >= min_secret_bytes)
      replace_all(clean, secret, "[secret]", false);
  for (std::string_view home : words.home_folders) {
    while (home.size() > 1 && home.ends_with('/'))
      home.remove_suffix(1);
    if (home.size() > 1 && home.starts_with('/'))
      replace_all(clean, home, "~", true);
  }
  return clean;
}

bool redact(json_value& value, json_document& owner, const redaction_terms& words) {
  bool changed = false;
  if (value.IsString()) {
    const std::string_view before(value.GetString(), value.GetStringLength());
    const std::string after = redact(before, words);
    changed = after != before;
    if (changed)
      value.SetString(after.data(), static_cast<rapidjson::SizeType>(after.size()),
                      owner.GetAllocator());
  } else if (value.IsObject()) {
    // Not a range: RapidJSON's own != of two such iterators is ambiguous in C++20.
    std::for_each_n(value.MemberBegin(), value.MemberCount(),
                    [&](auto& entry) { changed = redact(entry.value, owner, words) || changed; });
  } else if (value.IsArray()) {
    for (auto& entry : value.GetArray())
      changed = redact(entry, owner, words) || changed;
  }
  return changed;
}

bool drop_stack_trace(json_value& payload) {
  const json_value* trace = member(payload, "stack_trace");
  if (trace == nullptr || trace->IsNull())
    return false;
  payload["stack_trace"].SetNull();
  return true;
}

} // namespace spec_kitty
