#include "app/server/dev/faults.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace spec_kitty::server::dev {

std::optional<held_event> event_faults::judge(const json_value& event) {
  const std::string type = text_of(event, "event_type").value_or("");
  if (rules_.reject_types.contains(type))
    return held_event{"error", "this server is configured to refuse " + type};
  const std::string id = text_of(event, "event_id").value_or("");
  if (rules_.pending_first == 0 || id.empty())
    return std::nullopt;
  const std::lock_guard hold(guard_);
  if (times_pending_.size() >= max_pending)
    times_pending_.clear();
  unsigned& times = times_pending_[id];
  if (times < rules_.pending_first) {
    ++times;
    return held_event{"pending", {}};
  }
  times_pending_.erase(id);
  return std::nullopt;
}

kept_file::kept_file(const std::string& file) {
  if (file.empty())
    return;
  file_ = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file_ < 0)
    throw std::system_error(errno, std::generic_category(), "cannot open " + file);
}

kept_file::~kept_file() {
  if (file_ >= 0)
    ::close(file_);
}

void kept_file::note(std::string_view lines) {
  const std::lock_guard hold(guard_);
  while (file_ >= 0 && !lines.empty()) {
    const auto wrote = ::write(file_, lines.data(), lines.size());
    if (wrote < 0 && errno != EINTR)
      return;
    lines.remove_prefix(wrote > 0 ? static_cast<std::size_t>(wrote) : 0);
  }
}

} // namespace spec_kitty::server::dev
