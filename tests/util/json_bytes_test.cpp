// Strings of JSON: what stands for itself in them is found at each length and each place.
#include "util/json_bytes.hpp"

#include "util/json.hpp"

#include <gtest/gtest.h>

#include <string>

namespace spec_kitty {
namespace {

constexpr std::size_t longest = 70; // several steps of sixteen and eight bytes, and what is left

/// Of a string between quotes, byte for byte. https://www.rfc-editor.org/rfc/rfc8259, section 7
std::string in_json(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const std::size_t short_form = std::string_view("\b\t\n\f\r\"\\").find(c);
    if (short_form != std::string_view::npos) {
      out += '\\';
      out += std::string_view("btnfr\"\\").at(short_form);
    } else if (byte < 0x20) {
      out += "\\u00";
      out += byte < 0x10 ? '0' : '1';
      out += std::string_view("0123456789ABCDEF").at(byte % 16);
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string written(const std::string& text) {
  json_buffer buffer;
  json_writer out(buffer);
  put(out, text);
  return to_text(buffer);
}

bool stands_for_itself(char c) {
  return c != '"' && c != '\\' && static_cast<unsigned char>(c) >= 0x20;
}

TEST(PlainBytes, EndAtTheFirstByteThatDoesNotStandForItself) {
  for (int byte = 0; byte < 256; ++byte) {
    for (std::size_t size = 1; size <= longest; ++size) {
      const std::size_t at = (static_cast<std::size_t>(byte) * 7 + size * 3) % size;
      std::string text(size, 'a');
      text[at] = static_cast<char>(byte);
      const char* const end = text.data() + text.size();
      const char* const wanted = stands_for_itself(text[at]) ? end : text.data() + at;
      ASSERT_EQ(end_of_plain_bytes(text.data(), end), wanted)
          << "byte " << byte << " at " << at << " of " << size;
    }
  }
}

TEST(PlainBytes, EndAtTheFirstOfSeveral) {
  for (std::size_t size = 2; size <= longest; ++size)
    for (std::size_t at = 0; at + 1 < size; ++at) {
      std::string text(size, '\x80');
      text[at] = '"';
      text[at + 1] = '\x01';
      const char* const found = end_of_plain_bytes(text.data(), text.data() + size);
      ASSERT_EQ(found - text.data(), static_cast<std::ptrdiff_t>(at)) << size;
    }
}

TEST(WrittenString, HasEachControlCharacterEscaped) {
  for (int byte = 0; byte < 0x80; ++byte)
    for (std::size_t size = 1; size <= longest; ++size) {
      std::string text(size, 'x');
      text[(static_cast<std::size_t>(byte) + size * 5) % size] = static_cast<char>(byte);
      text += "é";
      ASSERT_EQ(written(text), in_json(text)) << "byte " << byte << " of " << size;
    }
}

TEST(WrittenString, MayBeEmptyOrNothingButEscapes) {
  EXPECT_EQ(written(""), "\"\"");
  const std::string quotes(longest, '"');
  EXPECT_EQ(written(quotes), in_json(quotes));
}

} // namespace
} // namespace spec_kitty
