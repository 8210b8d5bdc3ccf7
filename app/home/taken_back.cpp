#include "app/home/taken_back.hpp"

namespace spec_kitty {

std::string taken_back_words(const lost_range& lost, const log_name& log) {
  const std::string range =
      lost.from > lost.to ? "none of the events that this home has heard is gone"
      : lost.from == lost.to
          ? "event " + std::to_string(lost.from) + ", which this home has heard, is gone there"
          : "events " + std::to_string(lost.from) + " to " + std::to_string(lost.to) +
                ", which this home has heard, are gone there";
  const std::string journal =
      lost.from > lost.to ? ""
                          : "; what this home delivered is in its journal: spec-kitty events list "
                            "--state delivered";
  return "the log of team " + log.team_slug + " at " + log.origin +
         " was taken back, as by a restore of a backup: " + range + journal +
         "; ask the server's operator, then run: " + acknowledge_loss_command;
}

std::string taken_back_words(const taken_back& log) {
  return taken_back_words(log.lost, {log.origin, log.team_slug, {}});
}

} // namespace spec_kitty
