#include "app/board/page/page.hpp"

#include "util/sha256.hpp"
#include "util/text.hpp"

#include <cstdint>

// The assembler reads the file: a string literal of that length takes the compiler a minute.
__asm__(".pushsection .rodata\n"
        ".local spec_kitty_board_html\n"
        ".local spec_kitty_board_html_end\n"
        "spec_kitty_board_html:\n"
        ".incbin \"" SPEC_KITTY_BOARD_HTML "\"\n"
        "spec_kitty_board_html_end:\n"
        ".byte 0\n"
        ".popsection\n");

extern "C" {
extern const char spec_kitty_board_html[];     // NOLINT(modernize-avoid-c-arrays)
extern const char spec_kitty_board_html_end[]; // NOLINT(modernize-avoid-c-arrays)
}

namespace spec_kitty::board {

namespace {

constexpr std::string_view base64_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The text between the first `<name>` and the first `</name>` behind it.
std::string_view element(std::string_view html, std::string_view name) {
  const auto open = "<" + std::string(name) + ">";
  const auto from = html.find(open);
  if (from == std::string_view::npos)
    return {};
  html.remove_prefix(from + open.size());
  return html.substr(0, html.find("</" + std::string(name) + ">"));
}

} // namespace

std::string_view page_html() {
  return {spec_kitty_board_html,
          static_cast<std::size_t>(spec_kitty_board_html_end - spec_kitty_board_html)};
}

std::string policy_hash(std::string_view text) {
  const std::string digest = sha256_hex(text);
  std::string hash = "sha256-";
  std::uint32_t pending = 0;
  unsigned bits = 0;
  for (std::size_t at = 0; at < digest.size(); at += 2) {
    pending = (pending << 8) | whole_number<std::uint32_t>(digest.substr(at, 2), 16).value_or(0);
    for (bits += 8; bits >= 6; bits -= 6)
      hash += base64_digits[(pending >> (bits - 6)) & 63U];
  }
  hash += base64_digits[(pending << (6 - bits)) & 63U]; // 32 bytes leave 4 bits
  return hash + "=";
}

std::string page_policy(std::string_view html, std::string_view stream_origin) {
  return "default-src 'none'; script-src '" + policy_hash(element(html, "script")) +
         "'; style-src '" + policy_hash(element(html, "style")) +
         "'; img-src data:; connect-src 'self' " + std::string(stream_origin) +
         "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
         "require-trusted-types-for 'script'; trusted-types 'none'";
}

} // namespace spec_kitty::board
