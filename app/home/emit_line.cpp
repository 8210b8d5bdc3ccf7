#include "app/home/emit_line.hpp"

#include "util/json_slices.hpp"

namespace spec_kitty {

result<emit_request> read_emit_line(std::string_view line) {
  std::string compact(line);
  const auto parsed = compact_and_parse(compact);
  if (!parsed)
    return parsed.error();
  if (!parsed->IsObject())
    return failure{ec::bad_input, "the line is not a JSON object",
                   "write {\"event_type\":…,\"payload\":{…}}"};
  emit_request request;
  for (const auto& entry : parsed->GetObject()) {
    const std::string name(entry.name.GetString(), entry.name.GetStringLength());
    const bool text = entry.value.IsString();
    if (name == "event_type" && text)
      request.event_type = entry.value.GetString();
    else if (name == "payload")
      request.payload = member_slice(compact, "payload").value_or("");
    else if (name == "causation_id" && (text || entry.value.IsNull()))
      request.causation_id =
          text ? std::optional<std::string>(entry.value.GetString()) : std::nullopt;
    else if (name == "aggregate_id" && text)
      request.aggregate_id = entry.value.GetString();
    else if (name == "feature_slug" && (text || entry.value.IsNull()))
      request.feature_slug =
          text ? std::optional<std::string>(entry.value.GetString()) : std::nullopt;
    else
      return failure{ec::invalid_event,
                     excerpt(name) + ": " + excerpt(to_text(entry.value)) +
                         " is not a field of an input line, or has the wrong type",
                     "fields are event_type, payload, causation_id, aggregate_id and feature_slug"};
  }
  if (request.event_type.empty())
    return failure{ec::invalid_event, "event_type is required", {}};
  if (request.payload.empty())
    return failure{ec::invalid_event, "payload is required", {}};
  return request;
}

result<event_draft> prepare_line(std::string_view line, const std::optional<std::string>& feature,
                                 const emit_context& known, epoch_us now) {
  auto request = read_emit_line(line);
  if (!request)
    return request.error();
  if (feature && !request->feature_slug)
    if (const auto payload = parse_json(request->payload);
        !payload || !text_of(*payload, "feature_slug"))
      request->feature_slug = feature;
  return prepare_carefully(*request, known, now);
}

} // namespace spec_kitty
