#include "app/server/admin/server_log.hpp"

#include "util/files.hpp"
#include "util/json.hpp"
#include "util/text.hpp"
#include "util/utf8.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace spec_kitty::server {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t max_waiting_lines = 8192;
constexpr std::size_t max_line_bytes = 4096;
constexpr std::size_t date_characters = 10; ///< of `2026-12-01T…`
constexpr epoch_us day_us = epoch_us{86400} * 1'000'000;
constexpr std::string_view file_start = "server-";
constexpr std::string_view file_end = ".log";

std::string_view words_of(log_level level) {
  switch (level) {
  case log_level::warning:
    return "warning";
  case log_level::error:
    return "error";
  case log_level::info:
    break;
  }
  return "info";
}

void write_whole(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto sent = ::write(fd, text.data(), text.size());
    if (sent < 0 && errno == EINTR)
      continue;
    if (sent <= 0)
      return; // a full disk or a closed pipe must not stop the server
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string json_line(const std::function<void(json_writer&)>& fields) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  fields(out);
  out.EndObject();
  return to_text(buffer);
}

} // namespace

std::string event_line(log_level level, std::string_view text, bool json, epoch_us at) {
  const std::string shown = printable(std::string(text), max_line_bytes);
  if (json)
    return json_line([&](json_writer& out) {
      field(out, "at", format_timestamp(at));
      field(out, "level", words_of(level));
      field(out, "message", shown);
    });
  return format_timestamp(at) + " " + std::string(words_of(level)) + " " + shown;
}

server_log::server_log(log_options options)
    : options_(std::move(options)), held_(options_.for_trying_out), thread_([this] { run(); }) {}

server_log::~server_log() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
  if (file_ >= 0)
    ::close(file_);
}

void server_log::line(std::string_view text) {
  push(std::string(text), options_.for_trying_out ? STDOUT_FILENO : STDERR_FILENO);
}

void server_log::write(log_level level, std::string_view text) {
  if (level != log_level::info || !options_.for_trying_out)
    push(event_line(level, text, options_.json, options_.now()), STDERR_FILENO);
}

void server_log::release() {
  {
    const std::lock_guard lock(mutex_);
    held_ = false;
  }
  changed_.notify_one();
}

void server_log::push(std::string line, int stream) {
  {
    const std::lock_guard lock(mutex_);
    if (lines_.size() >= max_waiting_lines) {
      ++dropped_;
      return;
    }
    lines_.push_back({std::move(line), stream});
  }
  changed_.notify_one();
}

void server_log::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || (!held_ && !lines_.empty()); });
    if (lines_.empty())
      return;
    auto lines = std::exchange(lines_, {});
    if (const auto dropped = std::exchange(dropped_, 0); dropped > 0)
      lines.push_back(
          {event_line(log_level::warning, count_of(dropped, "line") + " of the log dropped",
                      options_.json, options_.now()),
           STDERR_FILENO});
    lock.unlock();
    write_all(std::move(lines));
    lock.lock();
  }
}

/// Neighbours of one stream with one system call.
void server_log::write_all(std::deque<waiting_line> lines) {
  while (!lines.empty()) {
    const int stream = lines.front().stream;
    std::string text;
    for (; !lines.empty() && lines.front().stream == stream; lines.pop_front())
      text.append(lines.front().text).append("\n");
    write_lines(text, stream);
  }
}

void server_log::write_lines(const std::string& lines, int stream) {
  write_whole(stream, lines);
  if (options_.folder.empty() || options_.days <= 0)
    return;
  open_file_of_today();
  if (file_ >= 0)
    write_whole(file_, lines);
}

void server_log::open_file_of_today() {
  const std::string day = format_timestamp(options_.now()).substr(0, date_characters);
  if (day == day_)
    return;
  day_ = day;
  if (file_ >= 0)
    ::close(file_);
  file_ = -1;
  if (!make_private_folder(options_.folder))
    return;
  const fs::path file = options_.folder / (std::string(file_start) + day + std::string(file_end));
  file_ = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  const std::string oldest =
      format_timestamp(options_.now() - options_.days * day_us).substr(0, date_characters);
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(options_.folder, none)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(file_start) && name.ends_with(file_end) &&
        name.substr(file_start.size(), date_characters) < oldest)
      fs::remove(entry.path(), none);
  }
}

} // namespace spec_kitty::server
