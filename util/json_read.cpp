// The one place where JSON is read.
#include "util/json.hpp"
#include "util/json_number.hpp"

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

/// Copies a JSON value compactly while watching depth, encoding, numbers and, where asked, keys.
class compactor : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, compactor> {
public:
  compactor(json_writer& out, const json_buffer& written, json_keys keys)
      : out_(out), written_(written), unique_(keys == json_keys::unique) {}

  bool Null() { return out_.Null(); }
  bool Bool(bool flag) { return out_.Bool(flag); }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool) {
    return is_number(text, size) && out_.RawValue(text, size, rapidjson::kNumberType);
  }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    return is_text(text, size) && out_.String(text, size);
  }
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    if (!is_text(text, size))
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
    if (unique_)
      if (const auto twice = keys_.close({written_.GetString(), written_.GetSize()})) {
        complaint_ = "the key " + excerpt(*twice) + " appears twice in one object";
        return false;
      }
    --depth_;
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
  bool is_text(const char* text, rapidjson::SizeType size) {
    if (is_utf8(view(text, size)))
      return true;
    complaint_ = "text that is not valid UTF-8";
    return false;
  }
  bool is_number(const char* text, rapidjson::SizeType size) {
    complaint_ = find_number_fault(view(text, size));
    return complaint_.empty();
  }

  json_writer& out_;
  const json_buffer& written_;
  bool unique_;
  key_book keys_;
  unsigned depth_ = 0;
  std::string complaint_;
};

/// Puts a document together, with the numbers read by json_number.
class document_builder : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, document_builder> {
public:
  explicit document_builder(json_document& out) : out_(out) {}

  bool Null() { return out_.Null(); }
  bool Bool(bool flag) { return out_.Bool(flag); }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool) {
    if (!find_number_fault(view(text, size)).empty())
      return false;
    const json_number number = read_json_number(view(text, size));
    if (const auto* natural = std::get_if<std::uint64_t>(&number))
      return out_.Uint64(*natural);
    if (const auto* negative = std::get_if<std::int64_t>(&number))
      return out_.Int64(*negative);
    return out_.Double(std::get<double>(number));
  }
  bool String(const char* text, rapidjson::SizeType size, bool copy) {
    return out_.String(text, size, copy);
  }
  bool Key(const char* text, rapidjson::SizeType size, bool copy) {
    return out_.Key(text, size, copy);
  }
  bool StartObject() { return out_.StartObject(); }
  bool EndObject(rapidjson::SizeType members) { return out_.EndObject(members); }
  bool StartArray() { return out_.StartArray(); }
  bool EndArray(rapidjson::SizeType elements) { return out_.EndArray(elements); }

private:
  json_document& out_;
};

/// What the reader says, and how far it came.
template <class Handler>
rapidjson::ParseResult read_events(std::string_view text, Handler& handler, std::size_t& end) {
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::Reader reader;
  const auto read = reader.Parse<rapidjson::kParseNumbersAsStringsFlag>(stream, handler);
  end = stream.Tell();
  return read;
}

/// The document of a text that is_compact or compact_json let pass, nothing where it cannot be
/// used.
std::optional<json_document> build(std::string_view text) {
  json_document document;
  std::size_t end = 0;
  bool whole = false;
  const auto generate = [&](json_document& out) {
    document_builder builder(out);
    whole = !read_events(text, builder, end).IsError() && end == text.size();
    return whole;
  };
  document.Populate(generate);
  return whole ? std::optional(std::move(document)) : std::nullopt;
}

} // namespace

result<std::string> compact_json(std::string_view text, json_keys keys) {
  json_buffer buffer;
  json_writer writer(buffer);
  compactor handler(writer, buffer, keys);
  std::size_t end = 0;
  const auto read = read_events(text, handler, end);
  const bool whole = end == text.size(); // the reader takes a NUL byte for the end
  if (!read.IsError() && whole)
    return std::string(buffer.GetString(), buffer.GetSize());
  const std::string what = !handler.complaint().empty() ? handler.complaint()
                           : read.IsError()             ? rapidjson::GetParseError_En(read.Code())
                                                        : "a NUL byte after the value";
  const std::size_t where = read.IsError() ? read.Offset() : end;
  return failure{ec::bad_input,
                 "not usable JSON: " + what + " (at byte " + std::to_string(where) + ")",
                 "check the text with a JSON tool such as jq"};
}

result<json_document> parse_json(std::string_view text, json_keys keys) {
  const auto compact = compact_json(text, keys);
  return compact ? parse_checked_json(*compact) : compact.error();
}

result<json_document> parse_checked_json(const std::string& compact) {
  auto document = build(compact);
  return document ? result<json_document>(std::move(*document))
                  : failure{ec::internal, "a checked JSON text cannot be read", {}};
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
    auto document = build(text);
    if (document && has_few_unique_keys(*document))
      return std::move(*document);
  }
  auto compact = compact_json(text, json_keys::unique); // or why it cannot be used
  if (!compact)
    return compact.error();
  text = std::move(*compact);
  return parse_checked_json(text);
}

} // namespace spec_kitty
