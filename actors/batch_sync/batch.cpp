#include "actors/batch_sync/batch.hpp"

#include "messages/protocol.hpp"

namespace spec_kitty {

std::string join_batch(std::span<const leased_event> events) {
  std::size_t size = protocol::batch_frame_bytes;
  for (const auto& event : events)
    size += event.json.size() + 1;
  std::string text;
  text.reserve(size);
  text += protocol::batch_begin;
  for (const auto& event : events) {
    if (&event != &events.front())
      text += ',';
    text += event.json.view();
  }
  text += protocol::batch_end;
  return text;
}

} // namespace spec_kitty
