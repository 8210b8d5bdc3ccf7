#include "actors/clock/clock_reply.hpp"

#include "util/json.hpp"

namespace spec_kitty {

std::optional<std::uint64_t> read_clock_reply(const http_reply& reply) {
  if (reply.outcome != http_outcome::answered || reply.status != 200 ||
      reply.content_type != "application/json")
    return std::nullopt;
  const auto body = parse_json(reply.body);
  const json_value* clock = body ? member(*body, "lamport_clock") : nullptr;
  return clock != nullptr && clock->IsUint64() ? std::optional(clock->GetUint64()) : std::nullopt;
}

} // namespace spec_kitty
