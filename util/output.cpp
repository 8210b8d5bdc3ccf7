#include "util/output.hpp"

#include "util/locale.hpp"
#include "util/printed_commands.hpp"
#include "util/status_line.hpp"
#include "util/text.hpp"
#include "util/utf8.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace spec_kitty {

namespace {

constexpr std::size_t buffer_limit = std::size_t{64} << 10;
constexpr std::size_t max_shown_bytes = std::size_t{64} << 10;
constexpr std::uint64_t max_of_a_kind = 5;

bool write_out(int fd, std::string_view bytes) {
  std::string plain;
  if (::isatty(fd) != 0 && !locale_is_utf8())
    bytes = plain = with_plain_signs(bytes);
  const auto undisturbed = remove_status_line();
  while (!bytes.empty()) {
    const auto written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

void each_line(std::string_view text, const std::function<void(std::string_view)>& show) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    show(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::string painted(std::string text, style as, bool paint) {
  /// In the order of `style`; each of the 16 colours that every terminal has.
  constexpr std::array<const char*, 7> codes = {"", "1", "2", "32", "36", "33", "31"};
  if (!paint || as == style::plain || text.empty())
    return text;
  return "\033[" + std::string(codes.at(static_cast<std::size_t>(as))) + "m" + std::move(text) +
         "\033[0m";
}

void to_stderr(std::string_view line) {
  (void)write_out(STDERR_FILENO, printable(line, max_shown_bytes) + "\n"); // no place for a failure
}

} // namespace

output::output(bool json, bool quiet, bool color)
    : json_(json), quiet_(quiet), color_(color && ::isatty(STDERR_FILENO) != 0),
      paint_(color && ::isatty(STDOUT_FILENO) != 0), terminal_(::isatty(STDOUT_FILENO) != 0) {}

void output::line(std::string_view text) {
  if (!json_)
    append(printable(text, max_shown_bytes));
}

void output::parts(const shown_line& shown) {
  if (json_)
    return;
  std::string text;
  for (const auto& part : shown.parts)
    text += painted(printable(part.text, max_shown_bytes), part.as, paint_);
  append(text);
}

void output::lines(std::string_view text) {
  each_line(text, [this](std::string_view part) { line(part); });
}

void output::object(const std::function<void(json_writer&)>& fields) {
  if (!json_)
    return;
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "ok", true);
  fields(out);
  out.EndObject();
  raw({buffer.GetString(), buffer.GetSize()});
}

void output::raw(std::string_view json) {
  terminal_ ? append(printable_json(json)) : append(json);
}

void output::erase_lines(std::size_t count) {
  if (count > 0)
    pending_ += "\033[" + std::to_string(count) + "A\033[J";
}

void output::append(std::string_view line) {
  pending_ += line;
  pending_ += '\n';
  if (pending_.size() > buffer_limit)
    flush();
}

void output::warn(std::string_view text) {
  if (warned_.emplace(text).second)
    (void)write_out(STDERR_FILENO, painted("warning:", style::waiting, color_) + " " +
                                       printable(with_options(text), max_shown_bytes) + "\n");
}

void output::note(std::string_view text) {
  if (!quiet_)
    to_stderr(with_options(text));
}

void output::note_lines(std::string_view text) {
  each_line(text, [this](std::string_view part) { note(part); });
}

void output::warn_of(const std::string& kind, std::string_view text) {
  if (kinds_[kind]++ < max_of_a_kind)
    warn(text);
}

void output::note_of(const std::string& kind, std::string_view text) {
  if (!quiet_ && kinds_[kind]++ < max_of_a_kind)
    note(text);
}

void output::end_of_kinds() {
  for (const auto& [kind, count] : kinds_)
    if (count > max_of_a_kind)
      to_stderr("and " + std::to_string(count - max_of_a_kind) + " more " + kind);
  kinds_.clear();
}

void output::fail(const failure& why, const std::function<void(json_writer&)>& fields) {
  if (json_) {
    raw(render_failure(why, true, fields));
    return;
  }
  flush();
  constexpr std::string_view begin = "error:";
  const std::string text = render_failure(why, false);
  (void)write_out(STDERR_FILENO, painted(std::string(begin), style::bad, color_) +
                                     text.substr(begin.size()) + "\n");
}

std::string output::take() {
  return std::exchange(pending_, {});
}

bool output::flush() {
  if (!write_out(STDOUT_FILENO, pending_) && stdout_error_ == 0)
    stdout_error_ = errno;
  pending_.clear();
  return stdout_error_ == 0;
}

bool output::end() {
  if (flush())
    return true;
  if (stdout_error_ == EPIPE || stdout_error_ == EBADF)
    return false; // nobody reads, which is not a failure to report
  to_stderr("error: cannot write to stdout: " + std::generic_category().message(stdout_error_));
  to_stderr("  the command has done its work; only what it printed is incomplete");
  return false;
}

std::string shown_hint(const std::string& hint) {
  std::string shown;
  each_line(with_options(hint), [&](std::string_view part) {
    shown += shown.empty() ? "" : "\n";
    shown += part.find(unshown_word) != std::string_view::npos
                 ? "the command is left out: a name in it cannot be shown safely"
                 : printable(part, max_shown_bytes);
  });
  return shown;
}

std::string render_failure(const failure& why, bool json,
                           const std::function<void(json_writer&)>& fields) {
  if (!json) {
    std::string text = "error: " + printable(why.message, max_shown_bytes);
    each_line(shown_hint(why.hint), [&text](std::string_view part) { // no line begins like ours
      text.append(part.starts_with("  ") ? "\n" : "\n  ").append(part);
    });
    return text;
  }
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "ok", false);
  if (fields)
    fields(out);
  write_error(out, why);
  out.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

void write_error(json_writer& out, const failure& why) {
  key(out, "error");
  out.StartObject();
  field(out, "code", to_string(why.code));
  field(out, "message", why.message);
  field(out, "hint", shown_hint(why.hint));
  out.EndObject();
}

} // namespace spec_kitty
