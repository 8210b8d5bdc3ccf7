// The output streams: results to stdout, warnings and progress to stderr. With --json, stdout is
// exactly one JSON object in one line, on success and on failure. Source: docs/cli.md, Output.
//
// Every line for a person passes through printable() here, and nowhere else: what writes to a
// terminal hands its text to this class.
#pragma once

#include "util/json.hpp"
#include "util/result.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spec_kitty {

/// How a part of a line looks on a terminal that may show colours; elsewhere it is plain text.
enum class style : std::uint8_t { plain, strong, faint, good, busy, waiting, bad };

struct line_part {
  std::string text;
  style as = style::plain;
};

/// A line of parts; a text alone is one plain part.
struct shown_line {
  std::vector<line_part> parts;

  shown_line(std::vector<line_part> all) : parts(std::move(all)) {}        // NOLINT
  shown_line(std::string text) : parts{{std::move(text), style::plain}} {} // NOLINT
  shown_line(const char* text) : parts{{text, style::plain}} {}            // NOLINT
};

class output {
public:
  /// `color`: colours are allowed; they are used where a terminal shows the stream.
  output(bool json, bool quiet, bool color);

  bool json() const { return json_; }
  bool quiet() const { return quiet_; }
  bool color() const { return color_; } ///< on stderr
  /// A person reads stdout on a terminal.
  bool for_person() const { return terminal_ && !json_; }

  /// A line of a result for a person; nothing with --json. A line break in the text is shown as any
  /// other character that has no place in a line.
  void line(std::string_view text);
  /// The same of several parts, each with its style.
  void parts(const shown_line& line);
  /// The lines of a text of several.
  void lines(std::string_view text);
  /// One JSON object: `{"ok":true, …fields…}`; nothing without --json.
  void object(const std::function<void(json_writer&)>& fields);
  /// A line of JSON, in either mode: streaming commands. On a terminal, escapes take the place of
  /// what it would obey.
  void raw(std::string_view json);
  /// Removes the last lines from the terminal that shows them.
  void erase_lines(std::size_t count);
  /// A warning on stderr, each text once.
  void warn(std::string_view text);
  /// A remark on stderr that --quiet silences.
  void note(std::string_view text);
  /// The lines of a text of several, as remarks.
  void note_lines(std::string_view text);
  /// A warning or a remark of which a file or a peer decides how many there are: the first five of
  /// a kind are printed, the others counted. `kind` is what end_of_kinds() calls them.
  void warn_of(const std::string& kind, std::string_view text);
  void note_of(const std::string& kind, std::string_view text);
  /// Prints how many of each kind were only counted.
  void end_of_kinds();
  /// The failure, in the form of the mode. `fields` are written beside `error`.
  void fail(const failure& why, const std::function<void(json_writer&)>& fields = {});

  /// Takes what is buffered; the caller writes it.
  std::string take();
  /// Writes what is buffered; false when something could not be written, now or before.
  bool flush();
  /// The same at the end of a command, and says on stderr why the output is incomplete.
  bool end();

private:
  void append(std::string_view line);

  bool json_;
  bool quiet_;
  bool color_; ///< on stderr
  bool paint_; ///< on stdout
  std::string pending_;
  bool terminal_;        ///< stdout is one
  int stdout_error_ = 0; ///< the first that a write met
  std::set<std::string, std::less<>> warned_;
  std::map<std::string, std::uint64_t> kinds_; ///< how many of each kind, printed or not
};

/// A hint as it may be shown, line by line. A command is typed as it is printed, so a line with a
/// word that cannot be shown safely is left out.
std::string shown_hint(const std::string& hint);

/// The text of a failure, without the newline at the end: an object with `json`, else two lines.
std::string render_failure(const failure& why, bool json,
                           const std::function<void(json_writer&)>& fields = {});

/// `"error":{"code","message","hint"}`.
void write_error(json_writer& out, const failure& why);

} // namespace spec_kitty
