#include "messages/schema/schema_pattern.hpp"

#include <algorithm>
#include <cstddef>

namespace spec_kitty {

namespace {

/// A text is searched one character at a time. Each of the states that are active follows every
/// fork behind it again, so their product is what a character costs; a bounded pattern that begins
/// with ^ has looked at few characters when it fails.
constexpr std::size_t max_states = 1000;
constexpr std::size_t max_endless_cost = 4000;
constexpr std::size_t max_groups = 30; ///< within each other
constexpr std::size_t max_repeats = 1000;

/// A part of a pattern: whether it can match nothing, and what it takes of the engine.
struct piece {
  bool optional = false;
  std::size_t states = 0;
  std::size_t forks = 0; ///< of the states
};

/// Reads a pattern as RapidJSON does, and stops at the first thing that it reads otherwise than
/// ECMA 262. After a fault every function returns at once.
class pattern_reader {
public:
  explicit pattern_reader(std::string_view text) : text_(text) {}

  std::optional<pattern_fault> read() {
    if (text_.find('\0') != std::string_view::npos)
      refuse("a NUL character", "RapidJSON would end the pattern there; leave it out");
    const bool begins = take('^');
    const piece whole = alternatives(0);
    const bool ends = !fault_ && take('$');
    if (!fault_ && at_ < text_.size())
      refuse("a ) without its (", "write \\) for the character");
    if (!fault_ && (begins || ends) && branches_)
      refuse("^ or $ beside |", "put the alternatives in a group: ^(a|b)$");
    if (!fault_ && whole.optional && !(begins && ends))
      refuse("a pattern that matches every text",
             "begin it with ^ and end it with $, or leave it out");
    const bool endless = endless_ || !begins;
    if (!fault_ && (whole.states > max_states ||
                    (endless && whole.states * (whole.forks + 1) > max_endless_cost)))
      refuse("a pattern that takes this long to search",
             begins ? "shorten its repeats, or use + with minLength and maxLength for {n,m}"
                    : "begin it with ^, or shorten it");
    return fault_;
  }

private:
  bool more() const { return at_ < text_.size(); }
  char peek() const { return more() ? text_[at_] : '\0'; }
  bool take(char wanted) {
    const bool there = peek() == wanted && more();
    at_ += there ? 1 : 0;
    return there;
  }
  void refuse(std::string what, std::string remedy) {
    if (!fault_)
      fault_ = pattern_fault{std::move(what) + " is not supported", std::move(remedy)};
  }

  piece alternatives(std::size_t depth) {
    piece whole = sequence(depth);
    while (!fault_ && take('|')) {
      branches_ = branches_ || depth == 0;
      const piece next = sequence(depth);
      if (whole.optional || next.optional) // each way to match nothing doubles the search
        refuse("an alternative that can match nothing",
               "make the group optional instead: (a|b)? for (a?|b)");
      whole.states += next.states + 1;
      whole.forks += next.forks + 1;
    }
    return whole;
  }

  bool at_end_anchor(std::size_t depth) const {
    return depth == 0 && peek() == '$' && at_ + 1 == text_.size();
  }

  piece sequence(std::size_t depth) {
    piece whole{true, 0, 0};
    const std::size_t start = at_;
    while (!fault_ && more() && peek() != '|' && peek() != ')' && !at_end_anchor(depth)) {
      const piece next = repeated(depth);
      whole.optional = whole.optional && next.optional;
      whole.states = std::min(whole.states + next.states, max_states + 1);
      whole.forks = std::min(whole.forks + next.forks, max_states);
    }
    if (at_ == start)
      refuse("an empty pattern, group or alternative",
             "make the group optional instead: (a)? for (a|); use maxLength 0 for ^$");
    return whole;
  }

  piece repeated(std::size_t depth) {
    const piece atom_piece = atom(depth);
    if (fault_ || std::string_view("*+?{").find(peek()) == std::string_view::npos || !more())
      return atom_piece;
    if (atom_piece
            .optional) { // RapidJSON runs in circles, or doubles its work with every such group
      refuse("a repeat of a part that can match nothing", "repeat what is inside: a* for (a*)*");
      return atom_piece;
    }
    piece many = atom_piece;
    if (take('{'))
      many = bounded(atom_piece);
    else
      many = signed_repeat(atom_piece);
    if (!fault_ && more() && std::string_view("*+?{").find(peek()) != std::string_view::npos)
      refuse("a repeat of a repeat, such as the non-greedy *? or +?",
             "leave out the second sign: whether a text matches does not depend on it");
    return many;
  }

  /// `*`, `+` or `?`.
  piece signed_repeat(const piece& part) {
    const char sign = text_[at_++];
    endless_ = endless_ || sign != '?';
    return {sign != '+', part.states + 1, part.forks + 1};
  }

  /// `{n}`, `{n,}` or `{n,m}`, from behind its brace.
  piece bounded(const piece& part) {
    const auto min_count = number();
    const bool open = take(',');
    const auto max_count = open && peek() != '}' ? number() : min_count;
    const bool endless = open && text_[at_ - 1] == ',';
    if (fault_ || !min_count || !max_count || !take('}') || *max_count < *min_count ||
        (*max_count == 0 && !endless)) {
      refuse("a repeat other than {n}, {n,} and {n,m} with m above 0",
             "write \\{ for the character");
      return part;
    }
    if (*max_count > max_repeats)
      refuse("a repeat of more than 1000", "use minLength and maxLength");
    endless_ = endless_ || endless;
    const std::size_t copies = std::max<std::size_t>(*max_count, 1);
    const std::size_t forks = endless ? 1 : *max_count - *min_count;
    return {*min_count == 0, std::min(copies * part.states + forks, max_states + 1),
            std::min(copies * part.forks + forks, max_states)};
  }

  std::optional<std::size_t> number() {
    std::optional<std::size_t> value;
    for (; more() && peek() >= '0' && peek() <= '9'; ++at_)
      value = std::min<std::size_t>(value.value_or(0) * 10 + static_cast<std::size_t>(peek() - '0'),
                                    max_repeats + 1);
    return value;
  }

  piece atom(std::size_t depth) {
    const char c = text_[at_++];
    if (c == '(')
      return group(depth);
    if (c == '[')
      character_class();
    else if (c == '\\')
      escape(false);
    else if (c == '^' || c == '$')
      refuse(std::string(1, c) + " inside a pattern",
             "^ is allowed only at the beginning and $ only at the end; write \\" +
                 std::string(1, c) + " for the character");
    else if (std::string_view("*+?{}]").find(c) != std::string_view::npos)
      refuse("a stray " + std::string(1, c), "write \\" + std::string(1, c) + " for the character");
    else
      rest_of_character();
    return {false, 1, 0};
  }

  piece group(std::size_t depth) {
    if (peek() == '?')
      refuse("a group that begins with (?", "(?: can be ( alone; look-ahead, look-behind and names "
                                            "are not known: use allOf, anyOf or not");
    if (depth + 1 > max_groups)
      refuse("a nesting of more than 30 groups", "use fewer groups");
    if (fault_)
      return {};
    const piece inside = alternatives(depth + 1);
    if (!fault_ && !take(')'))
      refuse("a ( without its )", "write \\( for the character");
    return inside;
  }

  void character_class() {
    const auto last = [this] { return at_ + 1 < text_.size() && text_[at_ + 1] == ']'; };
    take('^');
    const std::size_t start = at_;
    while (!fault_ && more() && (peek() != ']' || at_ == start)) {
      if (peek() == ']')
        return refuse("an empty class []", "write \\] for the character");
      if (peek() == '-' && at_ != start && !last())
        return refuse("a - in the middle of a class", "put it first or last: [a-z-]");
      const std::size_t low = class_character();
      if (fault_ || peek() != '-' || last())
        continue;
      ++at_;
      if (!more() || (peek() == '-' && last()))
        break;
      if (class_character() < low)
        return refuse("a range whose end is before its beginning", "write the smaller one first");
    }
    if (!fault_ && !take(']'))
      refuse("a [ without its ]", "write \\[ for the character");
  }

  /// One character of a class, as a number that orders as code points do.
  std::size_t class_character() {
    if (take('\\'))
      return escape(true);
    std::size_t value = static_cast<unsigned char>(text_[at_++]);
    const std::size_t first = at_;
    rest_of_character();
    for (std::size_t i = first; i < at_; ++i) // UTF-8 orders as its code points do
      value = (value << 8) | static_cast<unsigned char>(text_[i]);
    return value;
  }

  void rest_of_character() {
    while (more() && (static_cast<unsigned char>(peek()) & 0xC0) == 0x80)
      ++at_;
  }

  std::size_t escape(bool in_class) {
    const char c = peek();
    const std::string_view controls = in_class ? "b\bf\fn\nr\rt\tv\v" : "f\fn\nr\rt\tv\v";
    if (more() && std::string_view("^$|()?*+.[]{}\\").find(c) != std::string_view::npos) {
      ++at_;
      return static_cast<unsigned char>(c);
    }
    for (std::size_t i = 0; more() && i < controls.size(); i += 2)
      if (controls[i] == c) {
        ++at_;
        return static_cast<unsigned char>(controls[i + 1]);
      }
    refuse(more() ? "the escape \\" + std::string(1, c) : "a \\ at the end", remedy_for(c));
    return 0;
  }

  static std::string remedy_for(char c) {
    switch (c) {
    case 'd':
      return "write [0-9] for \\d";
    case 'D':
      return "write [^0-9] for \\D";
    case 'w':
      return "write [A-Za-z0-9_] for \\w";
    case 'W':
      return "write [^A-Za-z0-9_] for \\W";
    case 's':
      return "write [ \\t\\n\\r\\f\\v] for \\s";
    case 'S':
      return "write [^ \\t\\n\\r\\f\\v] for \\S";
    case '-':
      return "write - without \\, in a class as its first or last character";
    case '/':
      return "write / without \\";
    case 'u':
    case 'x':
      return "write the character itself";
    case 'p':
    case 'P':
      return "write the characters as ranges in a class";
    case 'b':
    case 'B':
      return "write ^, $ or a class such as [^A-Za-z] in its place";
    default:
      return c >= '0' && c <= '9' ? "back-references are not supported: write the text again"
                                  : "write the character without \\";
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool branches_ = false; ///< a | outside every group
  bool endless_ = false;  ///< *, + or {n,}
  std::optional<pattern_fault> fault_;
};

} // namespace

std::optional<pattern_fault> find_pattern_fault(std::string_view pattern) {
  return pattern_reader(pattern).read();
}

} // namespace spec_kitty
