#include "app/home/doorbell.hpp"

#include <thread>

namespace spec_kitty {

char letter_of(wakeup_reason why) {
  switch (why) {
  case wakeup_reason::events:
    return 'e';
  case wakeup_reason::session:
    return 's';
  case wakeup_reason::drained:
    return 'd';
  }
  return 'e';
}

std::optional<wakeup_reason> wakeup_reason_of(char letter) {
  for (const wakeup_reason why :
       {wakeup_reason::events, wakeup_reason::session, wakeup_reason::drained})
    if (letter_of(why) == letter)
      return why;
  return std::nullopt;
}

delivery notify_daemon_with_timeout(const std::filesystem::path& home, wakeup_reason why) {
  using namespace std::chrono_literals;
  auto rang = ring(home, why);
  for (int tries = 0; rang == delivery::full && tries < 100; ++tries) {
    std::this_thread::sleep_for(5ms);
    rang = ring(home, why);
  }
  return rang;
}

} // namespace spec_kitty
