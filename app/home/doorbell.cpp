#include "app/home/doorbell.hpp"

#include <thread>

namespace spec_kitty {

char letter_of(rouse why) {
  switch (why) {
  case rouse::events:
    return 'e';
  case rouse::session:
    return 's';
  case rouse::drained:
    return 'd';
  }
  return 'e';
}

std::optional<rouse> rouse_of(char letter) {
  for (const rouse why : {rouse::events, rouse::session, rouse::drained})
    if (letter_of(why) == letter)
      return why;
  return std::nullopt;
}

delivery ring_patiently(const std::filesystem::path& home, rouse why) {
  using namespace std::chrono_literals;
  auto rang = ring(home, why);
  for (int tries = 0; rang == delivery::full && tries < 100; ++tries) {
    std::this_thread::sleep_for(5ms);
    rang = ring(home, why);
  }
  return rang;
}

} // namespace spec_kitty
