#include "app/agent_runner/agent_output.hpp"

#include "util/runner_protocol.hpp"
#include "util/text.hpp"
#include "util/utf8_text.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace spec_kitty::agent_runner {

namespace {

constexpr std::string_view mark_begin = "\n=== ";
constexpr std::string_view mark_end = " bytes are left out here ===\n";
constexpr std::size_t max_mark = 64;

/// `length` bytes of a file from `at`; fewer where it is shorter.
std::string bytes_at(int file, std::uint64_t at, std::size_t length) {
  std::string bytes(length, '\0');
  std::size_t filled = 0;
  while (filled < length) {
    const auto got =
        ::pread(file, bytes.data() + filled, length - filled, static_cast<off_t>(at + filled));
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      break;
    filled += static_cast<std::size_t>(got);
  }
  bytes.resize(filled);
  return bytes;
}

/// The mark of an earlier cut at the beginning of a text.
struct cut_mark {
  std::size_t length = 0; ///< 0: there is no mark
  std::uint64_t left_out = 0;
};

cut_mark mark_in(std::string_view text) {
  const auto end = text.substr(0, max_mark).find(mark_end);
  if (!text.starts_with(mark_begin) || end == std::string_view::npos)
    return {};
  const auto count =
      whole_number<std::uint64_t>(text.substr(mark_begin.size(), end - mark_begin.size()));
  return count ? cut_mark{end + mark_end.size(), *count} : cut_mark{};
}

} // namespace

agent_output::agent_output(const rooted_files& files, std::filesystem::path log)
    : files_(files), path_(std::move(log)) {}

result<void> agent_output::open(std::string_view title) {
  auto opened = files_.open(path_, O_RDWR | O_CREAT | O_APPEND);
  if (!opened)
    return opened.error();
  struct stat info {};
  if (::fstat(opened->get(), &info) != 0)
    return failure{ec::bad_input, "cannot read " + path_.string() + ": " + std::strerror(errno),
                   "check the file and its permissions"};
  size_ = static_cast<std::uint64_t>(info.st_size);
  log_ = std::move(*opened);
  write(title);
  if (!log_)
    return failure{ec::bad_input, "cannot write " + path_.string() + ": " + std::strerror(errno),
                   "check the free space and the permissions there"};
  return {};
}

void agent_output::take(std::string_view bytes) {
  tail_ += bytes;
  if (tail_.size() > 2 * max_output_tail) {
    tail_.erase(0, tail_.size() - max_output_tail);
    is_whole_ = false;
  }
  write(bytes);
}

void agent_output::write(std::string_view bytes) {
  while (log_ && !bytes.empty()) {
    const auto put = ::write(log_.get(), bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR)
      continue;
    if (put <= 0) {
      log_ = unique_fd{};
      return;
    }
    size_ += static_cast<std::uint64_t>(put);
    bytes.remove_prefix(static_cast<std::size_t>(put));
    if (size_ >= max_log_bytes && !cut())
      log_ = unique_fd{};
  }
}

void agent_output::finish() {
  if (log_ && size_ > max_log_head + max_log_tail + max_mark)
    (void)cut();
}

bool agent_output::cut() {
  const std::uint64_t tail_at = size_ - max_log_tail;
  std::string text = bytes_at(log_.get(), 0, max_log_head);
  const auto before = mark_in(bytes_at(log_.get(), max_log_head, max_mark));
  std::string last = bytes_at(log_.get(), tail_at, max_log_tail);
  const auto line = std::min(last.find('\n'), last.size() - 1) + 1; // from a whole line
  if (line < last.size())
    last.erase(0, line);
  const auto left_out = before.left_out + size_ - max_log_head - before.length -
                        static_cast<std::uint64_t>(last.size());
  text.append(mark_begin).append(std::to_string(left_out)).append(mark_end).append(last);
  if (!files_.replace(path_, text, {0600}))
    return false;
  auto opened = files_.open(path_, O_RDWR | O_APPEND);
  if (!opened || !*opened)
    return false;
  log_ = std::move(*opened);
  size_ = text.size();
  return true;
}

std::string agent_output::tail() const {
  std::string_view last = tail_;
  if (!is_whole_ || last.size() > max_output_tail) {
    last = last.substr(last.size() - std::min(last.size(), max_output_tail));
    const auto line = last.find('\n');
    last = line == std::string_view::npos ? std::string_view{} : last.substr(line + 1);
  }
  return as_utf8(last);
}

} // namespace spec_kitty::agent_runner
