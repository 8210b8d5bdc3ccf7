#include "actors/clock/clock_reply.hpp"

#include "util/json.hpp"

namespace spec_kitty {

namespace {

std::optional<std::uint64_t> clock_in(const http_reply& reply, const char* name) {
  if (reply.outcome != http_outcome::answered || reply.status != 200 ||
      reply.content_type != "application/json")
    return std::nullopt;
  const auto body = parse_json(reply.body);
  const json_value* clock = body ? member(*body, name) : nullptr;
  return clock != nullptr && clock->IsUint64() ? std::optional(clock->GetUint64()) : std::nullopt;
}

} // namespace

std::optional<std::uint64_t> read_clock_reply(const http_reply& reply) {
  return clock_in(reply, "lamport_clock");
}

std::optional<std::uint64_t> read_batch_clock(const http_reply& reply) {
  return clock_in(reply, "server_clock");
}

} // namespace spec_kitty
