// The warning for a person when events went to a spill file because the store could not be used.
#pragma once

#include "app/home/emitter.hpp"

#include <filesystem>
#include <string>

namespace spec_kitty {

/// `3 events are kept in …/spill and will be imported when the store can be used again: …`
std::string spilled_sentence(const std::filesystem::path& home, const failure& why,
                             std::uint64_t events);

/// Warns with that sentence and what to do about it.
void warn_spilled(const warning_sink& warn, const std::filesystem::path& home, const failure& why,
                  std::uint64_t events);

} // namespace spec_kitty
