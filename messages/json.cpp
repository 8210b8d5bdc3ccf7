#include "messages/json.hpp"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <charconv>

namespace spec_kitty {

namespace {

std::string_view view(const char* text, rapidjson::SizeType size) {
  return {text, size};
}

/// Copies a JSON value compactly while watching depth and encoding.
class compactor : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, compactor> {
public:
  explicit compactor(json_writer& out) : out_(out) {}

  bool Null() { return out_.Null(); }
  bool Bool(bool flag) { return out_.Bool(flag); }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool) {
    return out_.RawValue(text, size, rapidjson::kNumberType);
  }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    return checked(text, size) && out_.String(text, size);
  }
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    return checked(text, size) && out_.Key(text, size);
  }
  bool StartObject() { return deeper() && out_.StartObject(); }
  bool EndObject(rapidjson::SizeType) { return depth_-- > 0 && out_.EndObject(); }
  bool StartArray() { return deeper() && out_.StartArray(); }
  bool EndArray(rapidjson::SizeType) { return depth_-- > 0 && out_.EndArray(); }

  const char* complaint() const { return complaint_; }

private:
  bool deeper() {
    if (++depth_ <= max_json_depth)
      return true;
    complaint_ = "nesting is deeper than 64 levels";
    return false;
  }
  bool checked(const char* text, rapidjson::SizeType size) {
    if (is_utf8(view(text, size)))
      return true;
    complaint_ = "text that is not valid UTF-8";
    return false;
  }

  json_writer& out_;
  unsigned depth_ = 0;
  const char* complaint_ = nullptr;
};

} // namespace

bool is_utf8(std::string_view bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  for (std::size_t i = 0; i < bytes.size();) {
    const unsigned char lead = byte(i);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || i + length > bytes.size())
      return false;
    const unsigned char second = byte(i + 1);
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
        (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F))
      return false;
    for (std::size_t k = 1; k < length; ++k)
      if ((byte(i + k) & 0xC0) != 0x80)
        return false;
    i += length;
  }
  return true;
}

result<std::string> compact_json(std::string_view text) {
  json_buffer buffer;
  json_writer writer(buffer);
  compactor handler(writer);
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::Reader reader;
  constexpr unsigned flags = rapidjson::kParseNumbersAsStringsFlag;
  reader.Parse<flags>(stream, handler);
  const bool whole = stream.Tell() == text.size(); // the reader takes a NUL byte for the end
  if (!reader.HasParseError() && whole)
    return std::string(buffer.GetString(), buffer.GetSize());
  const char* what = handler.complaint() != nullptr ? handler.complaint()
                     : reader.HasParseError()
                         ? rapidjson::GetParseError_En(reader.GetParseErrorCode())
                         : "a NUL byte after the value";
  const std::size_t where = reader.HasParseError() ? reader.GetErrorOffset() : stream.Tell();
  return failure{ec::bad_input,
                 "not usable JSON: " + std::string(what) + " (at byte " + std::to_string(where) +
                     ")",
                 "check the text with a JSON tool such as jq"};
}

result<json_document> parse_json(std::string_view text) {
  auto compact = compact_json(text);
  if (!compact)
    return compact.error();
  json_document document;
  document.Parse(compact->data(), compact->size());
  if (document.HasParseError()) // a number beyond any double; everything else was refused above
    return failure{ec::bad_input,
                   std::string("not usable JSON: ") +
                       rapidjson::GetParseError_En(document.GetParseError()),
                   {}};
  return document;
}

void put(json_writer& out, std::string_view text) {
  out.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void key(json_writer& out, std::string_view name) {
  out.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
}

void field(json_writer& out, std::string_view name, std::string_view text) {
  key(out, name);
  put(out, text);
}

void field(json_writer& out, std::string_view name, const std::optional<std::string>& text) {
  key(out, name);
  if (text)
    put(out, *text);
  else
    out.Null();
}

void field(json_writer& out, std::string_view name, std::uint64_t number) {
  key(out, name);
  out.Uint64(number);
}

void field(json_writer& out, std::string_view name, bool flag) {
  key(out, name);
  out.Bool(flag);
}

void raw_field(json_writer& out, std::string_view name, std::string_view json) {
  key(out, name);
  out.RawValue(json.data(), json.size(), rapidjson::kObjectType);
}

const json_value* member(const json_value& object, const char* name) {
  if (!object.IsObject())
    return nullptr;
  const auto found = object.FindMember(name);
  return found == object.MemberEnd() ? nullptr : &found->value;
}

std::optional<std::string> text_of(const json_value& object, const char* name) {
  const json_value* value = member(object, name);
  if (value == nullptr || !value->IsString())
    return std::nullopt;
  return std::string(value->GetString(), value->GetStringLength());
}

std::optional<std::int64_t> whole_number_of(const json_value& object, const char* name) {
  const json_value* value = member(object, name);
  if (value == nullptr)
    return std::nullopt;
  if (value->IsInt64())
    return value->GetInt64();
  if (!value->IsString())
    return std::nullopt;
  const std::string_view text(value->GetString(), value->GetStringLength());
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return number;
}

std::string to_text(const json_value& value) {
  json_buffer buffer;
  json_writer writer(buffer);
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

std::string excerpt(std::string_view text, std::size_t limit) {
  if (text.size() <= limit)
    return std::string(text);
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0) == 0x80)
    --limit;
  return std::string(text.substr(0, limit)) + "…";
}

} // namespace spec_kitty
