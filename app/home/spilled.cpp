#include "app/home/spilled.hpp"

#include "util/text.hpp"

namespace spec_kitty {

std::string spilled_sentence(const std::filesystem::path& home, const failure& why,
                             std::uint64_t events) {
  return count_of(events, "event") + (events == 1 ? " is" : " are") + " kept in " +
         (home / "spill").string() +
         " and will be imported when the store can be used again: " + why.message;
}

void warn_spilled(const warning_sink& warn, const std::filesystem::path& home, const failure& why,
                  std::uint64_t events) {
  warn(spilled_sentence(home, why, events) + (why.hint.empty() ? "" : "; " + why.hint));
}

} // namespace spec_kitty
