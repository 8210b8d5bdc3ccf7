#include "messages/schema/violation.hpp"

namespace spec_kitty {

std::string violation::message() const {
  const std::string place = field.empty() ? "the event" : field;
  return value.empty() ? place + " " + rule : place + ": " + value + " " + rule;
}

} // namespace spec_kitty
