#include "actors/http/offer_reply.hpp"

#include "actors/http/transport_failure.hpp"
#include "messages/protocol.hpp"
#include "util/version.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace spec_kitty {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds max_offer_wait = 5s;
constexpr std::size_t max_offer_bytes = std::size_t{64} << 10;
constexpr std::size_t max_name_bytes = 100;
constexpr std::size_t max_capabilities = 64;
constexpr std::size_t max_capability_bytes = 64;
constexpr std::int64_t max_protocol_version = 1'000'000;
// Bounds of a server's limits (docs/protocol.md, limits).
constexpr std::int64_t max_batch_events = 100'000;
constexpr std::int64_t min_batch_bytes = 4 << 10;
constexpr std::int64_t max_batch_bytes = 64 << 20;
constexpr std::int64_t max_gap_ms = 60'000;

/// A name for people, of printable ASCII; a server's other bytes are left out.
std::string name_in(const json_value& object, const char* member_name) {
  std::string name = text_of(object, member_name).value_or("");
  std::erase_if(name, [](char c) { return c < ' ' || c > '~'; });
  return name.substr(0, max_name_bytes);
}

bool is_capability(std::string_view name) {
  return !name.empty() && name.size() <= max_capability_bytes &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
         });
}

std::vector<std::string> capabilities_in(const json_value& object) {
  std::vector<std::string> found;
  const json_value* list = member(object, "capabilities");
  if (list == nullptr || !list->IsArray())
    return found;
  for (const auto& entry : list->GetArray()) {
    if (found.size() == max_capabilities)
      break;
    if (entry.IsString() && is_capability({entry.GetString(), entry.GetStringLength()}))
      found.emplace_back(entry.GetString(), entry.GetStringLength());
  }
  return found;
}

std::uint32_t protocol_in(const json_value& object, const char* bound) {
  const json_value* range = member(object, "protocol");
  const auto value = range == nullptr ? std::nullopt : whole_number_of(*range, bound);
  return value && *value > 0 && *value <= max_protocol_version ? static_cast<std::uint32_t>(*value)
                                                               : 0;
}

} // namespace

http_request offer_question(const server_url& server, const std::string& ca_file,
                            std::chrono::milliseconds timeout) {
  http_request request;
  request.method = "GET";
  request.url = server.at(protocol::offer_path);
  request.headers = {"User-Agent: spec-kitty/" + std::string(version), protocol::version_header};
  request.ca_file = ca_file;
  request.timeout = std::min(timeout / 2, max_offer_wait);
  // On a connection of its own: a batch on one that was used before may be sent twice by libcurl.
  request.only_once = true;
  request.max_reply_bytes = max_offer_bytes;
  return request;
}

std::optional<server_offer> read_offer_reply(const http_reply& reply) {
  if (reply.outcome != http_outcome::answered)
    return std::nullopt;
  if (reply.status == 404)
    return server_offer{};
  const auto body = reply.status == 200 ? server_object(reply) : std::nullopt;
  return body ? std::optional(read_offer(*body)) : std::nullopt;
}

server_offer read_offer(const json_value& object) {
  server_offer offer;
  offer.server = name_in(object, "server");
  offer.version = name_in(object, "version");
  offer.min_protocol = protocol_in(object, "min");
  offer.max_protocol = protocol_in(object, "max");
  offer.capabilities = capabilities_in(object);
  offer.limits = read_limits(object);
  return offer;
}

void write_offer(json_writer& out, const server_offer& offer) {
  out.StartObject();
  field(out, "server", offer.server);
  field(out, "version", offer.version);
  key(out, "protocol");
  out.StartObject();
  field(out, "min", std::uint64_t{offer.min_protocol});
  field(out, "max", std::uint64_t{offer.max_protocol});
  out.EndObject();
  key(out, "capabilities");
  out.StartArray();
  for (const auto& capability : offer.capabilities)
    put(out, capability);
  out.EndArray();
  key(out, "limits");
  out.StartObject();
  if (offer.limits.max_events)
    field(out, "max_batch_events", std::uint64_t{*offer.limits.max_events});
  if (offer.limits.max_bytes)
    field(out, "max_batch_bytes", std::uint64_t{*offer.limits.max_bytes});
  if (offer.limits.min_gap)
    field(out, "min_gap_ms", static_cast<std::uint64_t>(offer.limits.min_gap->count()));
  out.EndObject();
  out.EndObject();
}

server_limits read_limits(const json_value& object) {
  server_limits limits;
  const json_value* values = member(object, "limits");
  if (values == nullptr)
    return limits;
  const auto read = [&](const char* name, std::int64_t least,
                        std::int64_t most) -> std::optional<std::int64_t> {
    const auto value = whole_number_of(*values, name);
    return value ? std::optional(std::clamp(*value, least, most)) : std::nullopt;
  };
  const auto size = [&](const char* name, const char* older, std::int64_t least,
                        std::int64_t most) -> std::optional<std::size_t> {
    auto value = read(name, least, most);
    if (!value)
      value = read(older, least, most);
    return value ? std::optional(static_cast<std::size_t>(*value)) : std::nullopt;
  };
  limits.max_events = size("max_batch_events", "max_events", 1, max_batch_events);
  limits.max_bytes = size("max_batch_bytes", "max_bytes", min_batch_bytes, max_batch_bytes);
  if (const auto gap = read("min_gap_ms", 0, max_gap_ms))
    limits.min_gap = std::chrono::milliseconds(*gap);
  return limits;
}

} // namespace spec_kitty
