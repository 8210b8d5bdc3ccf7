#include "actors/batch_sync/batch.hpp"

namespace spec_kitty {

std::string join_batch(std::span<const leased_event> events) {
  constexpr std::string_view begin = R"({"events":[)";
  constexpr std::string_view end = "]}";
  std::size_t size = begin.size() + end.size();
  for (const auto& event : events)
    size += event.json.size() + 1;
  std::string text;
  text.reserve(size);
  text += begin;
  for (const auto& event : events) {
    if (&event != &events.front())
      text += ',';
    text += event.json;
  }
  text += end;
  return text;
}

} // namespace spec_kitty
