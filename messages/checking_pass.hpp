// The pass itself, behind fast_check.hpp and event_check.hpp: moves over a text once, without
// memory of its own but for a compact payload where one is asked for.
#pragma once

#include "messages/fast_check.hpp"
#include "messages/schema/payload_tables.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace spec_kitty {

struct plain_event; // event_check.hpp

/// Moves over a line or a payload, once. Every function is false where the careful path is asked.
class checking_pass {
public:
  explicit checking_pass(std::string_view text)
      : at_(text.data()), end_(text.data() + text.size()) {}

  bool line(plain_line& found);
  bool payload(const payload_table& table, plain_payload& found);
  /// An event without white space between its members; the pass ends behind it.
  bool event(plain_event& found);
  bool is_over() {
    skip_blanks();
    return at_ == end_;
  }
  void skip_blanks();

private:
  bool take(char wanted) {
    if (at_ == end_ || *at_ != wanted)
      return false;
    ++at_;
    return true;
  }
  bool word(std::string_view wanted) {
    if (!std::string_view(at_, static_cast<std::size_t>(end_ - at_)).starts_with(wanted))
      return false;
    at_ += wanted.size();
    return true;
  }
  bool text(std::string_view& found, bool& escaped);
  bool plain_text(std::string_view& found) {
    bool escaped = false;
    return text(found, escaped) && !escaped;
  }
  bool key(std::string_view& found);
  bool number(bool& natural);
  bool list(text_form items);
  bool value(const payload_field* rule, std::string_view name, plain_payload& found);
  bool text_value(const payload_field* rule, std::string_view name, plain_payload& found);
  /// What of a line was read already.
  struct line_members {
    const payload_table* table = nullptr;
    bool aggregate = false;
    bool causation = false;
    bool feature = false;
  };
  bool line_member(std::string_view name, line_members& seen, plain_line& found);
  bool payload_members(const payload_table& table, plain_payload& found);
  struct event_members;
  bool event_member(std::string_view name, event_members& seen, plain_event& found);
  bool optional_text(std::string_view& found, bool& is_null);
  bool scalar();

  const char* at_;
  const char* end_;
  std::string* compact_ = nullptr;   ///< the payload that is being read goes there
  const char* not_copied_ = nullptr; ///< from here on
};

} // namespace spec_kitty
