// The output streams: results to stdout, warnings and progress to stderr. With --json, stdout is
// exactly one JSON object in one line, on success and on failure. Source: docs/cli.md, Output.
#pragma once

#include "util/json.hpp"
#include "util/result.hpp"

#include <functional>
#include <set>
#include <string>
#include <string_view>

namespace spec_kitty {

class output {
public:
  output(bool json, bool quiet, bool color) : json_(json), quiet_(quiet), color_(color) {}

  bool json() const { return json_; }
  bool quiet() const { return quiet_; }
  bool color() const { return color_; }

  /// A line of a result for a person; nothing with --json.
  void line(std::string_view text);
  /// One JSON object: `{"ok":true, …fields…}`; nothing without --json.
  void object(const std::function<void(json_writer&)>& fields);
  /// A line as it is, in either mode: streaming commands.
  void raw(std::string_view text);
  /// A warning on stderr, each text once.
  void warn(std::string_view text);
  /// A remark on stderr that --quiet silences.
  void note(std::string_view text);
  /// The failure, in the form of the mode. `fields` are written beside `error`.
  void fail(const failure& why, const std::function<void(json_writer&)>& fields = {});

  /// Takes what is buffered; the caller writes it.
  std::string take();
  /// Writes what is buffered; false when stdout is closed.
  bool flush();

private:
  bool json_;
  bool quiet_;
  bool color_;
  std::string pending_;
  std::set<std::string, std::less<>> warned_;
};

/// The text of a failure, without the newline at the end: an object with `json`, else two lines.
std::string render_failure(const failure& why, bool json,
                           const std::function<void(json_writer&)>& fields = {});

/// `"error":{"code","message","hint"}`.
void write_error(json_writer& out, const failure& why);

} // namespace spec_kitty
