#include "app/embed/c_updates.hpp"

#include "messages/event.hpp"
#include "util/json.hpp"

#include <string_view>

namespace spec_kitty::embed {

namespace {

std::string_view name_of(update::kind kind) {
  switch (kind) {
  case update::kind::link:
    return "link";
  case update::kind::remote:
    return "remote";
  case update::kind::sent:
    return "sent";
  case update::kind::refused:
    return "refused";
  case update::kind::batch:
    return "batch";
  case update::kind::trouble:
    break;
  }
  return "trouble";
}

} // namespace

std::string update_json(const update& what) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "kind", name_of(what.what));
  if (what.what == update::kind::link)
    field(out, "link", to_string(what.link));
  if (!what.event_id.empty())
    field(out, "event_id", what.event_id);
  if (!what.words.empty())
    field(out, "words", what.words);
  if (what.seq > 0) {
    field(out, "log", what.log);
    field(out, "seq", what.seq);
    field(out, "by", what.by);
  }
  if (what.what == update::kind::remote)
    raw_field(out, "event", what.json);
  out.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

result<std::optional<subscription_start>> read_start(const char* json) {
  if (json == nullptr)
    return std::optional<subscription_start>{};
  const auto parsed = parse_json(json, json_keys::unique);
  if (!parsed)
    return failure{ec::bad_input, "options: " + parsed.error().message, parsed.error().hint};
  if (!parsed->IsObject())
    return failure{ec::bad_input, "options: not a JSON object", "give {\"after\":1200}"};
  subscription_start start;
  bool has_after = false;
  for (const auto& entry : parsed->GetObject()) {
    const std::string_view name(entry.name.GetString(), entry.name.GetStringLength());
    if (name == "after" && entry.value.IsUint64()) {
      start.after = entry.value.GetUint64();
      has_after = true;
    } else if (name == "log" && entry.value.IsString() && is_ulid(entry.value.GetString())) {
      start.log = entry.value.GetString();
    } else {
      return failure{ec::bad_input, excerpt(name) + " cannot be used",
                     "give {\"after\":1200,\"log\":\"…\"} as updates name them"};
    }
  }
  if (!has_after && !start.log.empty())
    return failure{ec::bad_input, "log cannot be used", "give \"after\" with it"};
  return has_after ? std::optional(start) : std::nullopt;
}

} // namespace spec_kitty::embed
