// The JSON form of the eight payloads: `to_json` gives compact JSON; `from_json` reads a value that
// validate_payload accepted, so it only copies. Both go through the struct's own list of fields
// (`describe`), so they cannot drift apart.
#pragma once

#include "messages/payload_types.hpp"
#include "util/json.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace spec_kitty {

namespace payload_detail {

void write(json_writer& out, const char* name, const std::string& value);
void write(json_writer& out, const char* name, std::int64_t value);
void write(json_writer& out, const char* name, const std::vector<std::string>& value);
void write_null(json_writer& out, const char* name);
void read(const json_value& from, const char* name, std::string& value);
void read(const json_value& from, const char* name, std::int64_t& value);
void read(const json_value& from, const char* name, std::vector<std::string>& value);

template <class T>
void write(json_writer& out, const char* name, const std::optional<T>& value) {
  if (value)
    write(out, name, *value);
}

template <class T>
void read(const json_value& from, const char* name, std::optional<T>& value) {
  const json_value* found = member(from, name);
  if (found != nullptr && !found->IsNull())
    read(from, name, value.emplace());
}

} // namespace payload_detail

/// The payload as compact JSON.
template <class Payload>
std::string to_json(const Payload& payload) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  auto write_field = [&](const char* name, auto field_of, auto... when_missing) {
    if constexpr (sizeof...(when_missing) > 0)
      if (!(payload.*field_of))
        return payload_detail::write_null(out, name);
    payload_detail::write(out, name, payload.*field_of);
  };
  Payload::describe(write_field);
  out.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

/// The struct of a payload that validate_payload accepted; what it does not know is left out.
template <class Payload>
Payload from_json(const json_value& value) {
  Payload payload;
  auto read_field = [&](const char* name, auto field_of, auto...) {
    payload_detail::read(value, name, payload.*field_of);
  };
  Payload::describe(read_field);
  return payload;
}

} // namespace spec_kitty
