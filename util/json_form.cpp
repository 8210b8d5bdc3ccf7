// Whether a text is JSON: without RapidJSON, which copies every string on its way. Every event is
// looked at like this before it is stored.
#include "util/json.hpp"
#include "util/json_bytes.hpp"
#include "util/json_number.hpp"

namespace spec_kitty {

namespace {

/// Moves over a text, which is UTF-8, from one token to the next.
class scanner {
public:
  explicit scanner(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool is_whole_value() {
    blanks();
    while (value()) {
      if (depth_ == 0)
        return at_ == end_;
    }
    return false;
  }

private:
  bool take(char wanted) {
    if (at_ == end_ || *at_ != wanted)
      return false;
    ++at_;
    return true;
  }
  void blanks() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t'))
      ++at_;
  }

  /// A value, or the opening of one, and all that closes behind it.
  bool value() {
    if (at_ == end_)
      return false;
    if (*at_ == '{' || *at_ == '[')
      return open();
    return (*at_ == '"' ? text() : *at_ == '-' || is_digit(*at_) ? number() : word()) && behind();
  }

  bool open() {
    const bool object = *at_++ == '{';
    if (++depth_ > max_json_depth)
      return false;
    objects_ = (objects_ << 1U) | (object ? 1U : 0U);
    blanks();
    if (take(object ? '}' : ']')) {
      close();
      return behind();
    }
    return !object || name();
  }
  void close() {
    --depth_;
    objects_ >>= 1U;
  }

  /// What follows a value: a comma and what it announces, or the end of what it stands in.
  bool behind() {
    for (blanks(); depth_ > 0; blanks()) {
      const bool object = (objects_ & 1U) != 0;
      if (take(',')) {
        blanks();
        return !object || name();
      }
      if (!take(object ? '}' : ']'))
        return false;
      close();
    }
    return true;
  }

  bool name() {
    if (at_ == end_ || *at_ != '"' || !text())
      return false;
    blanks();
    if (!take(':'))
      return false;
    blanks();
    return true;
  }

  bool word() {
    const std::string_view rest(at_, static_cast<std::size_t>(end_ - at_));
    for (const std::string_view known : {"true", "false", "null"})
      if (rest.starts_with(known)) {
        at_ += known.size();
        return true;
      }
    return false;
  }

  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  bool digits() {
    const char* const from = at_;
    while (at_ != end_ && is_digit(*at_))
      ++at_;
    return at_ != from;
  }
  bool number() {
    const char* const from = at_;
    take('-');
    if (!take('0') && !digits())
      return false;
    if (take('.') && !digits())
      return false;
    if (take('e') || take('E')) {
      if (!take('+'))
        take('-');
      if (!digits())
        return false;
    }
    return find_number_fault({from, static_cast<std::size_t>(at_ - from)}).empty();
  }

  bool text() {
    for (++at_;; ++at_) {
      at_ = end_of_plain_bytes(at_, end_);
      if (at_ == end_)
        return false;
      if (*at_ == '"') {
        ++at_;
        return true;
      }
      if (*at_ != '\\' || !escape())
        return false;
    }
  }
  /// Up to the last character of an escape.
  bool escape() {
    ++at_;
    if (at_ == end_)
      return false;
    if (*at_ != 'u')
      return std::string_view("\"\\/bfnrt").find(*at_) != std::string_view::npos;
    const unsigned first = four_hex();
    if (first < 0xD800 || (first > 0xDFFF && first <= 0xFFFF))
      return true;
    if (first > 0xDBFF || end_ - at_ < 3 || at_[1] != '\\' || at_[2] != 'u')
      return false; // not hex, or half of a pair
    at_ += 2;
    const unsigned second = four_hex();
    return second >= 0xDC00 && second <= 0xDFFF;
  }
  /// The four digits behind `at_`, which moves to the last of them; over 0xFFFF for anything else.
  unsigned four_hex() {
    if (end_ - at_ < 5)
      return 0x10000;
    unsigned value = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = *++at_;
      const unsigned digit = is_digit(c)            ? static_cast<unsigned>(c - '0')
                             : c >= 'a' && c <= 'f' ? static_cast<unsigned>(c - 'a') + 10
                             : c >= 'A' && c <= 'F' ? static_cast<unsigned>(c - 'A') + 10
                                                    : 0x10000;
      if (digit > 15)
        return 0x10000;
      value = value * 16 + digit;
    }
    return value;
  }

  const char* at_;
  const char* end_;
  unsigned depth_ = 0;
  std::uint64_t objects_ = 0; ///< one bit for each open value: whether it is an object
};

static_assert(max_json_depth <= 64, "one bit for each level");

} // namespace

bool is_json(std::string_view text) {
  return is_utf8(text) && scanner(text).is_whole_value();
}

} // namespace spec_kitty
