#include "actors/websocket/plain_ack.hpp"

#include "util/json_bytes.hpp"

#include <array>
#include <cstddef>

namespace spec_kitty {

namespace {

/// Moves over the text once. Every function is false where the text is not a plain ack.
class ack_reader {
public:
  explicit ack_reader(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool take(char wanted) {
    skip_blanks();
    if (at_ == end_ || *at_ != wanted)
      return false;
    ++at_;
    return true;
  }
  bool text(std::string_view& found) {
    if (!take('"'))
      return false;
    const char* const from = at_;
    at_ = end_of_plain_bytes(at_, end_);
    if (at_ == end_ || *at_ != '"')
      return false;
    found = {from, static_cast<std::size_t>(at_ - from)};
    ++at_;
    return true;
  }
  bool is_over() {
    skip_blanks();
    return at_ == end_;
  }

private:
  void skip_blanks() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' || *at_ == '\r'))
      ++at_;
  }

  const char* at_;
  const char* end_;
};

} // namespace

std::optional<plain_ack> read_plain_ack(std::string_view text) {
  struct text_member {
    std::string_view name;
    std::string_view value{};
    bool seen = false;
  };
  std::array<text_member, 3> members = {{{"type"}, {"event_id"}, {"status"}}};
  ack_reader in(text);
  if (!in.take('{'))
    return std::nullopt;
  do {
    std::string_view name;
    std::string_view value;
    if (!in.text(name) || !in.take(':') || !in.text(value))
      return std::nullopt;
    bool known = false;
    for (auto& entry : members) {
      if (entry.name != name)
        continue;
      if (entry.seen)
        return std::nullopt;
      entry.seen = known = true;
      entry.value = value;
    }
    if (!known)
      return std::nullopt;
  } while (in.take(','));
  if (!in.take('}') || !in.is_over() || members[0].value != "ack" || !members[1].seen)
    return std::nullopt;
  return plain_ack{members[1].value, members[2].value};
}

} // namespace spec_kitty
