#include "actors/batch_sync/ordered_results.hpp"

#include <array>
#include <utility>

namespace spec_kitty {

namespace {

constexpr std::string_view list_name = "results";

/// Reads JSON whose texts have no escapes and no byte outside of printable ASCII.
class plain_scanner {
public:
  explicit plain_scanner(std::string_view text) : text_(text) {}

  /// True when this character came next, after any white space.
  bool take(char wanted) {
    skip_space();
    if (at_ == text_.size() || text_[at_] != wanted)
      return false;
    ++at_;
    return true;
  }
  std::optional<std::string_view> take_text() {
    if (!take('"'))
      return std::nullopt;
    const std::size_t begin = at_;
    while (at_ < text_.size() && text_[at_] != '"') {
      const char c = text_[at_++];
      if (c == '\\' || c < ' ' || c > '~')
        return std::nullopt;
    }
    if (at_ == text_.size())
      return std::nullopt;
    return text_.substr(begin, at_++ - begin);
  }
  bool take_null() {
    skip_space();
    constexpr std::string_view null = "null";
    const bool found = text_.substr(at_).starts_with(null);
    at_ += found ? null.size() : 0;
    return found;
  }
  std::string_view rest() const { return text_.substr(at_); }

private:
  void skip_space() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t'))
      ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// The outcome in one result, which has to be this event's and no refusal.
std::optional<event_outcome> read_result(plain_scanner& in, const leased_event& event) {
  if (!in.take('{'))
    return std::nullopt;
  bool named = false;
  std::optional<event_outcome> outcome;
  do {
    const auto name = in.take_text();
    if (!name || !in.take(':'))
      return std::nullopt;
    if (*name != "event_id" && *name != "status") {
      if (!in.take_null() && !in.take_text())
        return std::nullopt;
      continue;
    }
    const auto text = in.take_text();
    if (!text)
      return std::nullopt;
    if (*name == "event_id") {
      if (std::exchange(named, true) || *text != event.event_id.view())
        return std::nullopt;
    } else {
      if (outcome || !(outcome = outcome_of(*text)))
        return std::nullopt;
    }
  } while (in.take(','));
  return in.take('}') && named && outcome != event_outcome::rejected ? outcome : std::nullopt;
}

} // namespace

std::optional<event_outcome> outcome_of(std::string_view status) {
  static constexpr std::array<std::pair<std::string_view, event_outcome>, 8> known = {{
      {"success", event_outcome::delivered},
      {"accepted", event_outcome::delivered},
      {"warning", event_outcome::delivered},
      {"duplicate", event_outcome::duplicate},
      {"pending", event_outcome::pending},
      {"queued", event_outcome::pending},
      {"error", event_outcome::rejected},
      {"rejected", event_outcome::rejected},
  }};
  for (const auto& [word, outcome] : known)
    if (word == status)
      return outcome;
  return std::nullopt;
}

std::optional<ordered_results> read_ordered_results(std::string_view body,
                                                    std::span<const leased_event> sent) {
  plain_scanner in(body);
  if (!in.take('{') || in.take_text() != list_name || !in.take(':') || !in.take('['))
    return std::nullopt;
  ordered_results read;
  read.outcomes.reserve(sent.size());
  for (const auto& event : sent) {
    const auto outcome = read_result(in, event);
    if (!outcome)
      return std::nullopt;
    read.outcomes.push_back(*outcome);
    if (!in.take(read.outcomes.size() < sent.size() ? ',' : ']'))
      return std::nullopt;
  }
  read.rest.append("{\"").append(list_name).append("\":[]").append(in.rest());
  return read;
}

} // namespace spec_kitty
