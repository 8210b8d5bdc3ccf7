#include "app/server/dev/batch_faults.hpp"

#include "util/gzip.hpp"
#include "util/json.hpp"
#include "util/json_slices.hpp"

#include <algorithm>

namespace spec_kitty::server::dev {

namespace {

constexpr std::size_t max_unpacked = std::size_t{64} << 20;

std::string result_of(const split_batch::part& part) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "event_id", part.id.empty() ? std::nullopt : std::optional(part.id));
  field(out, "status", part.held->status);
  if (!part.held->message.empty())
    field(out, "error_message", part.held->message);
  out.EndObject();
  return to_text(buffer);
}

std::string list_of(const std::vector<std::string>& elements) {
  std::string text = "[";
  for (const std::string& element : elements)
    text.append(text.size() > 1 ? "," : "").append(element);
  return text + "]";
}

} // namespace

bool split_batch::holds_any() const {
  return std::any_of(parts.begin(), parts.end(), [](const part& event) { return event.held; });
}

bool split_batch::holds_all() const {
  return std::all_of(parts.begin(), parts.end(), [](const part& event) { return event.held; });
}

std::string split_batch::body() const {
  std::vector<std::string> texts;
  for (const part& event : parts)
    if (!event.held)
      texts.push_back(event.text);
  return R"({"events":)" + list_of(texts) + "}";
}

std::optional<split_batch> split(const listener::inbound_request& request, event_faults& faults) {
  std::string text = request.body;
  if (request.content_encoding == "gzip") {
    auto unpacked = gunzip(request.body, max_unpacked);
    if (!unpacked)
      return std::nullopt;
    text = std::move(*unpacked);
  }
  const auto compact = compact_json(text);
  const auto texts = compact ? list_slices(*compact, "events") : std::nullopt;
  if (!texts || texts->empty())
    return std::nullopt;
  split_batch batch;
  for (const std::string_view event : *texts) {
    const auto parsed = parse_json(event);
    if (!parsed || !parsed->IsObject())
      return std::nullopt;
    batch.parts.push_back(
        {std::string(event), text_of(*parsed, "event_id").value_or(""), faults.judge(*parsed)});
  }
  return batch;
}

std::optional<std::string> joined(const split_batch& batch, std::string_view reply) {
  const auto given = list_slices(reply, "results");
  const auto list = member_slice(reply, "results");
  if (!given || !list)
    return std::nullopt;
  std::vector<std::string> results;
  std::size_t next = 0;
  for (const split_batch::part& part : batch.parts)
    if (part.held)
      results.push_back(result_of(part));
    else if (next < given->size())
      results.emplace_back((*given)[next++]);
  return with_slice(reply, *list, list_of(results));
}

std::string reply_to_held(const split_batch& batch, std::uint64_t server_clock) {
  return joined(batch, R"({"results":[],"server_clock":)" + std::to_string(server_clock) + "}")
      .value_or("{}");
}

std::string kept_lines(const split_batch& batch, std::string_view reply) {
  std::string lines;
  const auto results = list_slices(reply, "results");
  std::size_t next = 0;
  for (const split_batch::part& part : batch.parts) {
    if (part.held || !results || next >= results->size())
      continue;
    if (const auto result = parse_json((*results)[next++]);
        result && text_of(*result, "status") == "success")
      lines.append(part.text).append("\n");
  }
  return lines;
}

} // namespace spec_kitty::server::dev
