#include "messages/redact.hpp"

#include "util/json_slices.hpp"

#include <algorithm>
#include <cctype>

namespace spec_kitty {

namespace {

constexpr std::size_t min_secret_bytes = 8;       ///< shorter: only tokens, as whole words
constexpr std::size_t min_token_bytes = 3;        ///< shorter ones stand in every text
constexpr std::string_view in_place = "[secret]"; ///< of a secret

/// A character that can continue a longer name: `/home/ann` is not in `/home/anna`.
bool continues_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.' ||
         (static_cast<unsigned char>(c) & 0x80U) != 0;
}

enum class match : std::uint8_t { anywhere, whole_word, path };

void replace_all(std::string& text, std::string_view what, std::string_view with, match as) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
    const std::size_t end = at + what.size();
    const bool inside =
        as != match::anywhere &&
        ((at > 0 && (continues_name(text[at - 1]) || (as == match::path && text[at - 1] == '/'))) ||
         (end < text.size() && continues_name(text[end])));
    if (inside) {
      at = end;
      continue;
    }
    text.replace(at, what.size(), with);
    at += with.size();
  }
}

/// The folder as it is looked for; empty where it names nothing private.
std::string_view usable_folder(std::string_view home) {
  while (home.size() > 1 && home.ends_with('/'))
    home.remove_suffix(1);
  return home.size() > 1 && home.starts_with('/') ? home : std::string_view{};
}

/// Whether a text without escapes may hold one of them: cheap, and never wrong when it says no.
bool may_hold(std::string_view text, const redaction_terms& words) {
  const auto found = [&](std::string_view what, std::size_t min_bytes) {
    return what.size() >= min_bytes && text.find(what) != std::string_view::npos;
  };
  return std::any_of(words.secrets.begin(), words.secrets.end(),
                     [&](const auto& secret) { return found(secret, min_secret_bytes); }) ||
         std::any_of(words.tokens.begin(), words.tokens.end(),
                     [&](const auto& token) { return found(token, min_token_bytes); }) ||
         std::any_of(words.home_folders.begin(), words.home_folders.end(),
                     [&](const auto& home) { return found(usable_folder(home), 1); });
}

/// A string or number of a JSON text as it is written when redacted.
std::string redacted_token(std::string_view token, const redaction_terms& words) {
  const bool text = token.starts_with('"');
  std::string before(text ? token.substr(1, token.size() - 2) : token);
  if (before.find('\\') != std::string::npos)
    if (const auto parsed = parse_json(token); parsed && parsed->IsString())
      before.assign(parsed->GetString(), parsed->GetStringLength());
  const std::string after = redact(before, words);
  if (after == before)
    return std::string(token);
  json_buffer buffer;
  json_writer out(buffer);
  put(out, after);
  return to_text(buffer);
}

/// Behind the string, number or single character that begins at `at` of a compact text.
std::size_t behind_token(std::string_view compact, std::size_t at) {
  constexpr std::string_view number = "+-.0123456789Ee";
  std::size_t end = at + 1;
  if (compact[at] == '"') {
    while (end < compact.size() && compact[end] != '"')
      end += compact[end] == '\\' ? 2 : 1;
    ++end;
  } else if (number.find(compact[at]) != std::string_view::npos) {
    end = compact.find_first_not_of(number, end);
  }
  return std::min(end, compact.size());
}

} // namespace

std::string redact(std::string_view text, const redaction_terms& words) {
  std::string clean(text);
  for (const auto& secret : words.secrets)
    if (secret.size() >= min_secret_bytes)
      replace_all(clean, secret, in_place, match::anywhere);
  for (const auto& token : words.tokens)
    if (token.size() >= min_token_bytes)
      replace_all(clean, token, in_place,
                  token.size() < min_secret_bytes ? match::whole_word : match::anywhere);
  for (const auto& name : words.home_folders)
    if (const std::string_view home = usable_folder(name); !home.empty())
      replace_all(clean, home, "~", match::path);
  return clean;
}

std::string redact_json(std::string compact, const redaction_terms& words) {
  if (compact.find('\\') == std::string::npos && !may_hold(compact, words))
    return compact;
  std::string clean;
  clean.reserve(compact.size());
  for (std::size_t at = 0, end = 0; at < compact.size(); at = end) {
    end = behind_token(compact, at);
    const auto token = std::string_view(compact).substr(at, end - at);
    if (token.size() > 1)
      clean += redacted_token(token, words);
    else
      clean += token;
  }
  return clean;
}

bool has_no_term(std::string_view json, const redaction_terms& words) {
  if (may_hold(json, words))
    return false;
  if (json.find('\\') == std::string_view::npos)
    return true;
  // What holds nothing that is escaped stands between escapes as it is; anything else may hide.
  const auto may_hide = [](std::string_view term) {
    return std::any_of(term.begin(), term.end(), [](char c) {
      return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
    });
  };
  return std::none_of(words.secrets.begin(), words.secrets.end(), may_hide) &&
         std::none_of(words.tokens.begin(), words.tokens.end(), may_hide) &&
         std::none_of(words.home_folders.begin(), words.home_folders.end(), may_hide);
}

std::string without_stack_trace(std::string payload) {
  const auto trace = member_slice(payload, "stack_trace");
  return trace ? with_slice(payload, *trace, "null") : payload;
}

} // namespace spec_kitty
