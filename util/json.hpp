// JSON at the edge: text from outside becomes checked, compact text before anything else
// looks at it.
//
// One SAX pass refuses what would hurt later (nesting over 64: Document::Accept recurses;
// invalid UTF-8 and lone surrogates: they would be written back as bytes no server reads) and
// writes the same value without white space, every number kept digit for digit. RapidJSON reads no
// number: see json_number.hpp. Nothing else in the tree parses JSON.
#pragma once

#include "util/json_bytes.hpp"
#include "util/result.hpp"
#include "util/utf8.hpp"

#include <rapidjson/allocators.h>
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cstddef>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

/// Copies what stands for itself in a string, and tells whether something else follows. RapidJSON
/// looks at one byte after the other, and its own version for SSE2 (RAPIDJSON_SSE2, 1.1.0) leaves
/// the control characters from 0x1A to 0x1F as they are.
template <>
inline bool
rapidjson::Writer<rapidjson::StringBuffer>::ScanWriteUnescapedString(StringStream& text,
                                                                     std::size_t length) {
  const char* const end = text.head_ + length;
  const char* const plain = spec_kitty::end_of_plain_bytes(text.src_, end);
  if (const auto bytes = static_cast<std::size_t>(plain - text.src_); bytes > 0) {
    std::memcpy(os_->PushUnsafe(bytes), text.src_, bytes); // WriteString has reserved the place
    text.src_ = plain;
  }
  return plain != end;
}

namespace spec_kitty {

using json_buffer = rapidjson::StringBuffer;
using json_writer = rapidjson::Writer<rapidjson::StringBuffer>;

/// The memory of a document. RapidJSON would take 64 KiB for each; most documents are events and
/// replies of a few hundred bytes.
class json_memory : public rapidjson::MemoryPoolAllocator<> {
public:
  json_memory() : MemoryPoolAllocator(chunk_bytes) {}

private:
  static constexpr std::size_t chunk_bytes = 2048;
};

using json_value = rapidjson::GenericValue<rapidjson::UTF8<>, json_memory>;
using json_document = rapidjson::GenericDocument<rapidjson::UTF8<>, json_memory>;

/// The maximum depth of nesting. Anything deeper is bad_input.
inline constexpr unsigned max_json_depth = 64;

/// Whether a key may occur twice in an object. In what is recorded here each occurs once (readers
/// do not agree on the meaning of such a text); servers' replies and the store are read as they
/// are.
enum class json_keys { any, unique };

/// The same JSON value without white space, or bad_input saying what is wrong at which byte.
result<std::string> compact_json(std::string_view text, json_keys keys = json_keys::any);

/// Whether compact_json would take the text.
bool is_json(std::string_view text);

/// A parsed document of any JSON text; the same refusals as compact_json.
result<json_document> parse_json(std::string_view text, json_keys keys = json_keys::any);

/// The same for a text that compact_json gave: it is not checked a second time.
result<json_document> parse_checked_json(const std::string& compact);

/// Compacts a text in place, with unique keys, and parses it: compact_json and parse_json in one,
/// and at the price of the parsing where nothing needs to be changed.
result<json_document> compact_and_parse(std::string& text);

/// Writes a string value or key.
void put(json_writer& out, std::string_view text);
void key(json_writer& out, std::string_view name);

/// Writes `"name": text`, or null without a text.
void field(json_writer& out, std::string_view name, std::string_view text);
void field(json_writer& out, std::string_view name, const std::optional<std::string>& text);
void field(json_writer& out, std::string_view name, std::uint64_t number);
void field(json_writer& out, std::string_view name, bool flag);
/// A string is text, not an optional one; a literal is text, not a bool.
inline void field(json_writer& out, std::string_view name, const std::string& text) {
  field(out, name, std::string_view{text});
}
inline void field(json_writer& out, std::string_view name, const char* text) {
  field(out, name, std::string_view{text});
}

/// Writes `"name": <json>` where the text is already checked, compact JSON.
void raw_field(json_writer& out, std::string_view name, std::string_view json);

/// The member's text, or nothing where it is absent or not a string.
std::optional<std::string> text_of(const json_value& object, const char* name);

/// The member as a whole number: a JSON integer, or a string of digits; else nothing.
std::optional<std::int64_t> whole_number_of(const json_value& object, const char* name);

/// The member, or nullptr where the value is not an object or lacks it.
const json_value* member(const json_value& object, const char* name);

/// Compact text of any value; `null` for one with a number that is not finite, which parse_json
/// never gives.
std::string to_text(const json_value& value);
/// What was written into a buffer.
std::string to_text(const json_buffer& buffer);

/// The first `limit` bytes of some text, cut at a character, with "…" where it was cut. For errors.
std::string excerpt(std::string_view text, std::size_t limit = 60);

} // namespace spec_kitty
