#include "tests/fuzz/targets.hpp"

#include "actors/queue/spill.hpp"
#include "util/checksum.hpp"

#include <array>
#include <string>

namespace spec_kitty::fuzz {

namespace {

/// The lines with the checksums that they should have: the fuzzer does not find those.
std::string with_checksums(std::string_view text) {
  std::string framed;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::string line(text.substr(0, end));
    std::array<char, 16> checksum{};
    std::snprintf(checksum.data(), checksum.size(), "%08x ",
                  static_cast<unsigned>(crc32_checksum(line)));
    framed.append(checksum.data()).append(line).append("\n");
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return framed;
}

} // namespace

void fuzz_spill(std::string_view input) {
  (void)parse_spill(input);
  const auto found = parse_spill(with_checksums(input));
  for (const auto& event : found.events) {
    const auto again = parse_spill(render_spill(std::span(&event, 1)));
    require(again.events.size() == 1 && again.damaged == 0, "an event is written back");
    const auto& draft = again.events.front().draft;
    require(draft.payload == event.draft.payload, "its payload byte for byte");
    require(render_tail(draft) == render_tail(event.draft), "and the rest of it");
  }
}

} // namespace spec_kitty::fuzz
