#include "app/cli/output.hpp"

#include <unistd.h>

#include <cerrno>
#include <utility>

namespace spec_kitty {

namespace {

constexpr std::size_t buffer_limit = std::size_t{64} << 10;

bool write_all(int fd, std::string_view bytes) {
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

void to_stderr(std::string_view text) {
  (void)write_all(STDERR_FILENO,
                  std::string(text) + "\n"); // there is nowhere left to report a failure
}

} // namespace

void output::line(std::string_view text) {
  if (!json_)
    raw(text);
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

void output::raw(std::string_view text) {
  pending_ += text;
  pending_ += '\n';
  if (pending_.size() > buffer_limit)
    flush();
}

void output::warn(std::string_view text) {
  if (warned_.emplace(text).second)
    to_stderr("warning: " + std::string(text));
}

void output::note(std::string_view text) {
  if (!quiet_)
    to_stderr(text);
}

void output::fail(const failure& why, const std::function<void(json_writer&)>& fields) {
  if (json_) {
    raw(render_failure(why, true, fields));
    return;
  }
  flush();
  to_stderr(render_failure(why, false));
}

std::string output::take() {
  return std::exchange(pending_, {});
}

bool output::flush() {
  const bool written = write_all(STDOUT_FILENO, pending_);
  pending_.clear();
  return written;
}

std::string render_failure(const failure& why, bool json,
                           const std::function<void(json_writer&)>& fields) {
  if (!json)
    return "error: " + why.message + (why.hint.empty() ? "" : "\n  " + why.hint);
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
  field(out, "hint", why.hint);
  out.EndObject();
}

} // namespace spec_kitty
