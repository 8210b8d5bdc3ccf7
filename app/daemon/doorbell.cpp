#include "app/daemon/doorbell.hpp"

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

} // namespace spec_kitty
