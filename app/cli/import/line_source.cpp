// JSON lines, plain or compressed; and the choice among the kinds of files.
#include "app/cli/import/event_source.hpp"
#include "util/files.hpp"
#include "util/gzip.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace spec_kitty {

namespace {

constexpr std::string_view sqlite_magic{"SQLite format 3\0", 16};
constexpr std::string_view gzip_magic{"\x1f\x8b", 2};

failure unreadable(const std::string& name, int error) {
  return {ec::bad_input, "cannot read " + name + ": " + std::strerror(error),
          "check the name and the permissions of the file"};
}

class line_source : public event_source {
public:
  line_source(unique_fd fd, std::string name, bool packed)
      : fd_(std::move(fd)), name_(std::move(name)),
        unpack_(packed ? std::make_unique<gunzip_stream>() : nullptr) {}

  std::string_view unit() const override { return "line"; }

  result<std::optional<source_event>> next() override {
    for (;;) {
      const auto end = buffer_.find('\n', searched_);
      if (end == std::string::npos && !ended_) {
        if (auto more = fill(); !more)
          return more.error();
        continue;
      }
      if (end == std::string::npos && at_ == buffer_.size() && !skipping_)
        return std::optional<source_event>{};
      auto line = take(end == std::string::npos ? buffer_.size() : end);
      if (line.text.find_first_not_of(" \t\r") != std::string::npos || !line.problem.empty())
        return std::optional(std::move(line));
    }
  }

private:
  source_event take(std::size_t end) {
    source_event line;
    line.number = ++number_;
    if (std::exchange(skipping_, false))
      line.problem = "the line is longer than 16 MiB";
    else
      line.text = buffer_.substr(at_, end - at_);
    at_ = searched_ = std::min(end + 1, buffer_.size());
    return line;
  }

  /// Reads more of the file.
  result<void> fill() {
    buffer_.erase(0, at_);
    at_ = 0;
    if (buffer_.size() > max_source_text_bytes) {
      buffer_.clear();
      skipping_ = true;
    }
    searched_ = buffer_.size();
    std::array<char, 16384> chunk{};
    ssize_t got = 0;
    do
      got = ::read(fd_.get(), chunk.data(), chunk.size());
    while (got < 0 && errno == EINTR);
    if (got < 0)
      return unreadable(name_, errno);
    ended_ = got == 0;
    const std::string_view bytes(chunk.data(), static_cast<std::size_t>(got));
    if (unpack_ == nullptr) {
      buffer_ += bytes;
    } else if (auto done = unpack_->feed(bytes, buffer_); !done) {
      return failure{done.error().code, name_ + ": " + done.error().message,
                     "the lines up to " + std::to_string(number_) +
                         " are readable; the rest is damaged"};
    } else if (ended_ && !unpack_->is_whole()) {
      return failure{ec::bad_input, name_ + " is truncated: its gzip data is incomplete",
                     "unpack the readable part into another file with zcat, and import that"};
    }
    return {};
  }

  unique_fd fd_;
  std::string name_;
  std::unique_ptr<gunzip_stream> unpack_;
  std::string buffer_;
  std::size_t at_ = 0;       ///< begin of the next line
  std::size_t searched_ = 0; ///< no newline between at_ and here
  std::uint64_t number_ = 0;
  bool skipping_ = false;
  bool ended_ = false;
};

} // namespace

result<std::unique_ptr<event_source>> open_source(const std::filesystem::path& file,
                                                  const std::string& name) {
  unique_fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 512> start{};
  const auto got = fd ? ::pread(fd.get(), start.data(), start.size(), 0) : -1;
  if (got < 0)
    return unreadable(name, errno);
  const std::string_view head(start.data(), static_cast<std::size_t>(got));
  if (head.starts_with(sqlite_magic)) {
    const auto module = load_sqlite_module();
    return module ? (*module)->open(file, name) : module.error();
  }
  const bool packed = head.starts_with(gzip_magic);
  if (!packed && head.find('\0') != std::string_view::npos)
    return failure{ec::bad_input,
                   name + " has neither JSON lines (plain or gzip) nor an SQLite database",
                   "give the output of events export, an overflow file, or an older queue.db"};
  return std::unique_ptr<event_source>(std::make_unique<line_source>(std::move(fd), name, packed));
}

} // namespace spec_kitty
