#include "messages/payloads.hpp"

#include <limits>

namespace spec_kitty::payload_detail {

void write(json_writer& out, const char* name, const std::string& value) {
  field(out, name, std::string_view{value});
}

void write(json_writer& out, const char* name, std::int64_t value) {
  key(out, name);
  out.Int64(value);
}

void write(json_writer& out, const char* name, const std::vector<std::string>& value) {
  key(out, name);
  out.StartArray();
  for (const auto& entry : value)
    put(out, entry);
  out.EndArray();
}

void write_null(json_writer& out, const char* name) {
  key(out, name);
  out.Null();
}

void read(const json_value& from, const char* name, std::string& value) {
  value = text_of(from, name).value_or(std::string{});
}

void read(const json_value& from, const char* name, std::int64_t& value) {
  const json_value* found = member(from, name);
  if (found == nullptr || !found->IsNumber())
    return;
  if (found->IsInt64()) {
    value = found->GetInt64();
    return;
  }
  constexpr double limit = 9223372036854775808.0; // 2^63; what is larger becomes the largest
  const double number = found->GetDouble();
  value = number >= limit    ? std::numeric_limits<std::int64_t>::max()
          : number >= -limit ? static_cast<std::int64_t>(number)
                             : std::numeric_limits<std::int64_t>::min();
}

void read(const json_value& from, const char* name, std::vector<std::string>& value) {
  value.clear();
  const json_value* found = member(from, name);
  if (found == nullptr || !found->IsArray())
    return;
  for (const auto& entry : found->GetArray())
    if (entry.IsString())
      value.emplace_back(entry.GetString(), entry.GetStringLength());
}

} // namespace spec_kitty::payload_detail
