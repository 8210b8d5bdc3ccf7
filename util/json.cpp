#include "util/json.hpp"

#include "util/text.hpp"

namespace spec_kitty {

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
  return whole_number<std::int64_t>({value->GetString(), value->GetStringLength()});
}

std::string to_text(const json_buffer& buffer) {
  return {buffer.GetString(), buffer.GetSize()};
}

std::string to_text(const json_value& value) {
  json_buffer buffer;
  json_writer writer(buffer);
  // A number that is not finite is not written, and what follows it neither.
  return value.Accept(writer) ? to_text(buffer) : "null";
}

std::string excerpt(std::string_view text, std::size_t limit) {
  if (text.size() <= limit)
    return std::string(text);
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0) == 0x80)
    --limit;
  return std::string(text.substr(0, limit)) + "…";
}

} // namespace spec_kitty
