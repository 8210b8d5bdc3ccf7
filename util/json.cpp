#include "util/json.hpp"

#include "util/text.hpp"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <vector>

namespace spec_kitty {

namespace {

std::string_view view(const char* text, rapidjson::SizeType size) {
  return {text, size};
}

/// The keys of the objects that are open, where they stand in the written text. An object's are
/// compared at its end, by sorting: many keys in one object cost no more than as many objects.
class key_book {
public:
  void open() { begins_.push_back(keys_.size()); }
  void add(std::size_t at, std::size_t size, std::string_view text) {
    keys_.push_back({std::hash<std::string_view>{}(text), at, size});
  }
  /// Closes the innermost object: a key that stands in it twice, if any.
  std::optional<std::string_view> close(std::string_view written) {
    const auto first = keys_.begin() + static_cast<std::ptrdiff_t>(begins_.back());
    const auto text = [&](const place& key) { return written.substr(key.at, key.size); };
    std::sort(first, keys_.end(), [](const place& a, const place& b) { return a.hash < b.hash; });
    const auto twice = std::adjacent_find(first, keys_.end(), [&](const place& a, const place& b) {
      return a.hash == b.hash && text(a) == text(b);
    });
    const auto found = twice == keys_.end() ? std::nullopt : std::optional(text(*twice));
    keys_.erase(first, keys_.end());
    begins_.pop_back();
    return found;
  }

private:
  struct place {
    std::size_t hash;
    std::size_t at;
    std::size_t size;
  };
  std::vector<place> keys_;
  std::vector<std::size_t> begins_;
};

/// Copies a JSON value compactly while watching depth, encoding and, where asked, keys.
class compactor : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, compactor> {
public:
  compactor(json_writer& out, const json_buffer& written, json_keys keys)
      : out_(out), written_(written), unique_(keys == json_keys::unique) {}

  bool Null() { return out_.Null(); }
  bool Bool(bool flag) { return out_.Bool(flag); }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool) {
    return out_.RawValue(text, size, rapidjson::kNumberType);
  }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    return checked(text, size) && out_.String(text, size);
  }
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    if (!checked(text, size))
      return false;
    const std::size_t before = written_.GetSize();
    out_.Key(text, size);
    if (unique_) { // at its quote: the first key of an object has no comma before it
      const std::size_t at = before + (written_.GetString()[before] == '"' ? 0 : 1);
      keys_.add(at, written_.GetSize() - at, view(text, size));
    }
    return true;
  }
  bool StartObject() {
    if (unique_)
      keys_.open();
    return deeper() && out_.StartObject();
  }
  bool EndObject(rapidjson::SizeType) {
    --depth_;
    if (unique_)
      if (const auto twice = keys_.close({written_.GetString(), written_.GetSize()})) {
        complaint_ = "the key " + excerpt(*twice) + " appears twice in one object";
        return false;
      }
    return out_.EndObject();
  }
  bool StartArray() { return deeper() && out_.StartArray(); }
  bool EndArray(rapidjson::SizeType) { return depth_-- > 0 && out_.EndArray(); }

  const std::string& complaint() const { return complaint_; }

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
  const json_buffer& written_;
  bool unique_;
  key_book keys_;
  unsigned depth_ = 0;
  std::string complaint_;
};

} // namespace

result<std::string> compact_json(std::string_view text, json_keys keys) {
  json_buffer buffer;
  json_writer writer(buffer);
  compactor handler(writer, buffer, keys);
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::Reader reader;
  constexpr unsigned flags = rapidjson::kParseNumbersAsStringsFlag;
  reader.Parse<flags>(stream, handler);
  const bool whole = stream.Tell() == text.size(); // the reader takes a NUL byte for the end
  if (!reader.HasParseError() && whole)
    return std::string(buffer.GetString(), buffer.GetSize());
  const std::string what = !handler.complaint().empty() ? handler.complaint()
                           : reader.HasParseError()
                               ? rapidjson::GetParseError_En(reader.GetParseErrorCode())
                               : "a NUL byte after the value";
  const std::size_t where = reader.HasParseError() ? reader.GetErrorOffset() : stream.Tell();
  return failure{ec::bad_input,
                 "not usable JSON: " + what + " (at byte " + std::to_string(where) + ")",
                 "check the text with a JSON tool such as jq"};
}

result<json_document> parse_json(std::string_view text, json_keys keys) {
  const auto compact = compact_json(text, keys);
  return compact ? parse_checked_json(*compact) : compact.error();
}

result<json_document> parse_checked_json(const std::string& compact) {
  json_document document;
  document.Parse(compact.data(), compact.size());
  if (document.HasParseError()) // a number beyond any double; everything else was refused above
    return failure{ec::bad_input,
                   std::string("not usable JSON: ") +
                       rapidjson::GetParseError_En(document.GetParseError()),
                   {}};
  return document;
}

namespace {

/// Whether compact_json would give the text back as it is, whatever it says about keys: no white
/// space between its parts, nothing escaped, flat enough, UTF-8. May say no to what is.
bool is_compact(std::string_view text) {
  bool in_text = false;
  unsigned depth = 0;
  for (const char c : text) {
    if (c == '\\' || static_cast<unsigned char>(c) < 0x20)
      return false;
    if (c == '"')
      in_text = !in_text;
    if (in_text)
      continue;
    if (c == ' ' || ((c == '{' || c == '[') && ++depth > max_json_depth))
      return false;
  }
  return is_utf8(text);
}

/// Whether no object has a key twice. Only for small ones: each key is held against each.
bool has_few_unique_keys(const json_value& value) {
  constexpr rapidjson::SizeType few = 16;
  if (value.IsArray())
    return std::all_of(value.Begin(), value.End(), has_few_unique_keys);
  if (!value.IsObject())
    return true;
  if (value.MemberCount() > few)
    return false;
  for (auto member_at = value.MemberBegin(); member_at != value.MemberEnd(); ++member_at) {
    for (auto other = value.MemberBegin(); other != member_at; ++other)
      if (member_at->name == other->name)
        return false;
    if (!has_few_unique_keys(member_at->value))
      return false;
  }
  return true;
}

} // namespace

result<json_document> compact_and_parse(std::string& text) {
  if (is_compact(text)) {
    json_document document;
    document.Parse(text.data(), text.size());
    if (!document.HasParseError() && has_few_unique_keys(document))
      return document;
  }
  auto compact = compact_json(text, json_keys::unique); // or why it cannot be used
  if (!compact)
    return compact.error();
  text = std::move(*compact);
  return parse_checked_json(text);
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
  return whole_number<std::int64_t>({value->GetString(), value->GetStringLength()});
}

std::string to_text(const json_buffer& buffer) {
  return {buffer.GetString(), buffer.GetSize()};
}

std::string to_text(const json_value& value) {
  json_buffer buffer;
  json_writer writer(buffer);
  value.Accept(writer);
  return to_text(buffer);
}

std::string excerpt(std::string_view text, std::size_t limit) {
  if (text.size() <= limit)
    return std::string(text);
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0) == 0x80)
    --limit;
  return std::string(text.substr(0, limit)) + "…";
}

} // namespace spec_kitty
