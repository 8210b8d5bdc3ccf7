#include "app/server/core/batch.hpp"

#include "app/server/core/careful_event.hpp"
#include "app/server/core/event_leaf.hpp"
#include "messages/event.hpp"
#include "messages/event_check.hpp"
#include "messages/foreign_event.hpp"
#include "util/json.hpp"
#include "util/json_blanks.hpp"
#include "util/text.hpp"
#include "util/utf8.hpp"

#include <algorithm>
#include <unordered_map>

namespace spec_kitty::server {

namespace {

/// Older clients look for the first three words after sending an empty list on purpose.
constexpr std::string_view not_a_batch =
    "No events provided: the body must be an object whose `events` is a list of at least one event";

bool is_white_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// Reads the outer object of a body and hands each event to a judge, once from front to back.
class batch_reader {
public:
  batch_reader(std::string_view body, const batch_rules& rules, event_batch& batch)
      : body_(body), rules_(rules), batch_(batch) {}

  std::optional<batch_refusal> read();
  std::optional<batch_refusal> read_event(std::string_view whole);

private:
  std::optional<batch_refusal> events();
  std::optional<batch_refusal> careful(std::string_view text);
  std::optional<batch_refusal> take(const plain_event& event);
  std::optional<batch_refusal> take_spaced(std::string_view text, const plain_event& compact);
  std::optional<batch_refusal> add(batch_event judged, const plain_event& event);
  void join_double(std::size_t index);

  void skip() {
    while (at_ < body_.size() && is_white_space(body_[at_]))
      ++at_;
  }
  bool take_mark(char wanted) {
    skip();
    if (at_ >= body_.size() || body_[at_] != wanted)
      return false;
    ++at_;
    return true;
  }
  /// The JSON value that begins here, checked; nothing where it is not one.
  std::optional<std::string_view> value();

  std::string_view body_;
  std::size_t at_ = 0;
  bool had_events_ = false;
  const batch_rules& rules_;
  event_batch& batch_;
  leaf_hasher leaves_;
  std::unordered_map<std::string_view, std::size_t> by_id_;
};

batch_refusal bad_json() {
  return {400, "the body is not a JSON text in UTF-8", {}, 0};
}

std::optional<std::string_view> batch_reader::value() {
  skip();
  const std::string_view found = value_at(body_, at_);
  if (found.empty() || !is_json(found))
    return std::nullopt;
  at_ += found.size();
  return found;
}

std::optional<batch_refusal> batch_reader::read() {
  if (!is_utf8(body_))
    return bad_json();
  if (!take_mark('{'))
    return is_json(body_) ? batch_refusal{400, std::string(not_a_batch), {}, 0} : bad_json();
  if (!take_mark('}')) {
    do {
      const auto name = value();
      if (!name || !name->starts_with('"') || !take_mark(':'))
        return bad_json();
      if (*name == R"("events")" && !had_events_) {
        if (auto refused = events())
          return refused;
      } else if (!value()) {
        return bad_json();
      }
    } while (take_mark(','));
    if (!take_mark('}'))
      return bad_json();
  }
  skip();
  if (at_ != body_.size())
    return bad_json();
  if (batch_.events().empty())
    return batch_refusal{400, std::string(not_a_batch), {}, 0};
  return std::nullopt;
}

std::optional<batch_refusal> batch_reader::events() {
  had_events_ = true;
  if (!take_mark('['))
    return value() ? batch_refusal{400, std::string(not_a_batch), {}, 0} : bad_json();
  if (take_mark(']'))
    return std::nullopt;
  do {
    if (batch_.events().size() == rules_.max_events)
      return batch_refusal{413, "the batch has more than " + count_of(rules_.max_events, "event"),
                           "max_batch_events", rules_.max_events};
    skip();
    plain_event event;
    std::optional<batch_refusal> refused;
    if (check_plain_event(body_.substr(at_), event)) {
      at_ += event.text.size();
      refused = take(event);
    } else {
      const std::string_view text = value_at(body_, at_);
      at_ += text.size();
      refused = text.empty() ? bad_json() : careful(text);
    }
    if (refused)
      return refused;
  } while (take_mark(','));
  if (!take_mark(']'))
    return bad_json();
  return std::nullopt;
}

std::optional<batch_refusal> batch_reader::read_event(std::string_view whole) {
  plain_event event;
  if (check_plain_event(whole, event) && event.text.size() == whole.size() && is_utf8(whole))
    return take(event);
  return careful(whole);
}

batch_refusal other_team() {
  return {403, "the batch holds an event of another team", {}, 0};
}

std::optional<batch_refusal> batch_reader::take(const plain_event& event) {
  batch_event judged;
  judged.id = event.event_id;
  judged.kept = event.text;
  judged.node_id = event.node_id;
  judged.leaf = leaves_.of(event);
  return add(std::move(judged), event);
}

/// With white space between its tokens, as many libraries write JSON: it was checked without, and
/// is kept with it.
std::optional<batch_refusal> batch_reader::take_spaced(std::string_view text,
                                                       const plain_event& compact) {
  batch_event judged;
  judged.id = batch_.keep(std::string(compact.event_id));
  judged.kept = text;
  judged.node_id = batch_.keep(std::string(compact.node_id));
  judged.leaf = leaves_.of(text);
  return add(std::move(judged), compact);
}

std::optional<batch_refusal> batch_reader::add(batch_event judged, const plain_event& event) {
  judged.lamport_clock = event.lamport_clock;
  if (event.team_slug == local_team)
    judged.kept = batch_.keep(with_team(judged.kept, rules_.team_slug));
  else if (event.team_slug != rules_.team_slug)
    return other_team();
  batch_.events().push_back(std::move(judged));
  join_double(batch_.events().size() - 1);
  return std::nullopt;
}

std::optional<batch_refusal> batch_reader::careful(std::string_view text) {
  if (const auto compact = without_blanks(text); compact && compact->size() < text.size()) {
    plain_event event;
    if (check_plain_event(*compact, event) && event.text.size() == compact->size() &&
        is_utf8(*compact))
      return take_spaced(text, event);
  }
  auto judged = judge_carefully(text, rules_, batch_, leaves_);
  if (auto* refused = std::get_if<batch_refusal>(&judged))
    return std::move(*refused);
  batch_.events().push_back(std::move(std::get<batch_event>(judged)));
  join_double(batch_.events().size() - 1);
  return std::nullopt;
}

/// An event whose id stands in the batch already is the same one, or in conflict with it.
void batch_reader::join_double(std::size_t index) {
  batch_event& later = batch_.events()[index];
  if (later.refused)
    return;
  const auto [entry, fresh] = by_id_.emplace(later.id, index);
  if (fresh)
    return;
  const batch_event& first = batch_.events()[entry->second];
  if (first.leaf == later.leaf || differing_field(first.kept, later.kept).empty())
    later.same_as = entry->second;
  else
    later.refused = conflict_of(differing_field(first.kept, later.kept));
}

} // namespace

std::string_view to_string(refusal why) {
  switch (why) {
  case refusal::invalid:
    return "invalid";
  case refusal::unknown_type:
    return "unknown_type";
  case refusal::id_conflict:
    return "id_conflict";
  case refusal::clock_behind:
    return "clock_behind";
  case refusal::clock_ahead:
    return "clock_ahead";
  }
  return "invalid";
}

std::size_t event_batch::bytes() const {
  std::size_t bytes = events_.capacity() * sizeof(batch_event);
  if (text_)
    bytes += text_->capacity();
  for (const std::string& text : owned_)
    bytes += text.capacity();
  return bytes;
}

std::variant<event_batch, batch_refusal> read_batch(std::string body, const batch_rules& rules) {
  event_batch batch;
  const std::string_view text = batch.hold(std::move(body));
  constexpr std::size_t usual_event_bytes = 400;
  batch.events().reserve(std::min(rules.max_events, text.size() / usual_event_bytes + 1));
  if (auto refused = batch_reader(text, rules, batch).read())
    return std::move(*refused);
  return batch;
}

std::variant<event_batch, batch_refusal> read_single_event(std::string text,
                                                           const batch_rules& rules) {
  event_batch batch;
  const std::string_view whole = batch.hold(std::move(text));
  if (auto refused = batch_reader(whole, rules, batch).read_event(whole))
    return std::move(*refused);
  return batch;
}

} // namespace spec_kitty::server
