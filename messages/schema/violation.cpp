#include "messages/schema/violation.hpp"

namespace spec_kitty {

std::string violation::message() const {
  return field.empty() ? "the event: " + value + " " + rule : field + ": " + value + " " + rule;
}

} // namespace spec_kitty
