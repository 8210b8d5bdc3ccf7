#include "messages/foreign_event.hpp"

#include "messages/validate.hpp"
#include "util/timestamp.hpp"

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <array>

namespace spec_kitty {

namespace {

/// The members that stand in the head: see messages/event.hpp.
constexpr std::array<std::string_view, 4> head_members = {"event_id", "lamport_clock", "node_id",
                                                          "team_slug"};

/// Copies an event without its head's members, every number as it is written.
class tail_writer : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, tail_writer> {
public:
  explicit tail_writer(json_writer& out) : out_(out) {}

  bool Null() { return skips() || out_.Null(); }
  bool Bool(bool flag) { return skips() || out_.Bool(flag); }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool) {
    return skips() || out_.RawValue(text, size, rapidjson::kNumberType);
  }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    return skips() || out_.String(text, size);
  }
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    if (depth_ == 1)
      skipping_ = std::find(head_members.begin(), head_members.end(),
                            std::string_view(text, size)) != head_members.end();
    return skips() || out_.Key(text, size);
  }
  bool StartObject() { return ++depth_ > 1 && skips() ? true : out_.StartObject(); }
  bool EndObject(rapidjson::SizeType) { return depth_-- > 1 && skips() ? true : out_.EndObject(); }
  bool StartArray() { return ++depth_ > 1 && skips() ? true : out_.StartArray(); }
  bool EndArray(rapidjson::SizeType) { return depth_-- > 1 && skips() ? true : out_.EndArray(); }

private:
  bool skips() const { return skipping_; }

  json_writer& out_;
  unsigned depth_ = 0;
  bool skipping_ = false;
};

/// `,"event_type":…}` of a checked, compact event.
std::string tail_of(std::string_view compact) {
  json_buffer buffer;
  json_writer writer(buffer);
  tail_writer handler(writer);
  rapidjson::MemoryStream stream(compact.data(), compact.size());
  rapidjson::Reader reader;
  reader.Parse<rapidjson::kParseNumbersAsStringsFlag>(stream, handler);
  std::string tail(buffer.GetString(), buffer.GetSize());
  tail.front() = ','; // continues the object that the head opens
  return tail;
}

/// Paths of this person and secrets at hand, as emit takes them out. True when anything changed.
bool clean(json_document& event, const redaction_terms& words) {
  const bool changed = redact(event, event, words);
  if (text_of(event, "event_type") != "ErrorLogged" || !event.HasMember("payload"))
    return changed;
  return drop_stack_trace(event["payload"]) || changed;
}

/// The same instant in the contract's form, where an older tool wrote another: whole seconds
/// without a fraction, another offset. True when it was changed.
bool settle_timestamp(json_document& event) {
  const auto text = text_of(event, "timestamp");
  const auto instant = text && !is_event_timestamp(*text) ? parse_date_time(*text) : std::nullopt;
  if (!instant)
    return false;
  const std::string same = format_timestamp(*instant);
  event["timestamp"].SetString(same.data(), static_cast<rapidjson::SizeType>(same.size()),
                               event.GetAllocator());
  return true;
}

} // namespace

result<imported_event> read_foreign_event(std::string_view json, const redaction_terms& words) {
  auto compact = compact_json(json, json_keys::unique);
  if (!compact)
    return compact.error();
  auto event = parse_json(*compact);
  if (!event)
    return event.error();
  if (!event->IsObject())
    return failure{ec::bad_input, excerpt(*compact) + " is not an event object", {}};
  const json_value* team = member(*event, "team_slug");
  if (team == nullptr || team->IsNull()) {
    event->RemoveMember("team_slug");
    event->AddMember("team_slug", rapidjson::StringRef(local_team.data(), local_team.size()),
                     event->GetAllocator());
  }
  const bool cleaned = clean(*event, words);
  if (settle_timestamp(*event) || cleaned)
    *compact = to_text(*event);
  if (const auto broken = validate_event(*event))
    return failure{ec::invalid_event, broken->message(), "see docs/protocol.md for the fields"};

  imported_event found;
  found.event_id = *text_of(*event, "event_id");
  found.lamport_clock = member(*event, "lamport_clock")->GetUint64();
  found.node_id = *text_of(*event, "node_id");
  found.team_slug = *text_of(*event, "team_slug");
  found.event_type = *text_of(*event, "event_type");
  found.tail = tail_of(*compact);
  found.project_key = text_of(*event, "project_uuid").value_or("");
  found.project_name = text_of(*event, "project_slug").value_or(found.project_key);
  return found;
}

std::string differing_field(std::string_view a, std::string_view b) {
  const auto left = parse_json(a);
  const auto right = parse_json(b);
  if (!left || !right || !left->IsObject() || !right->IsObject())
    return "the whole event";
  for (const auto& [side, other_side] : {std::pair(&*left, &*right), std::pair(&*right, &*left)})
    for (const auto& field : side->GetObject()) {
      std::string name = field.name.GetString();
      if (name == "lamport_clock" || name == "team_slug")
        continue;
      const json_value* there = member(*other_side, name.c_str());
      if (there == nullptr || *there != field.value)
        return name;
    }
  return {};
}

} // namespace spec_kitty
