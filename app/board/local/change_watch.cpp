#include "app/board/local/change_watch.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cstring>

namespace spec_kitty::board {

namespace {

constexpr const char* of_specs = "/specs"; // no slug holds a slash
constexpr const char* of_queue = "/queue";
// Not IN_CLOSE_WRITE: a reader of the queue opens its lock file for writing, and would wake itself.
constexpr std::uint32_t of_interest = IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_FROM |
                                      IN_MOVED_TO | IN_DELETE_SELF | IN_ONLYDIR | IN_DONT_FOLLOW;

} // namespace

change_watch::change_watch(std::filesystem::path specs, std::filesystem::path queue)
    : specs_(std::move(specs)), queue_(std::move(queue)),
      fd_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  follow({});
}

void change_watch::watch(const std::filesystem::path& folder, const std::string& name) {
  if (!fd_)
    return;
  // A folder that is watched already keeps its number.
  const int number = ::inotify_add_watch(fd_.get(), folder.c_str(), of_interest);
  if (number >= 0)
    names_[number] = name;
}

void change_watch::follow(const std::vector<std::string>& slugs) {
  std::error_code error;
  watch(std::filesystem::exists(specs_, error) ? specs_ : specs_.parent_path(), of_specs);
  auto queue = queue_;
  while (!queue.empty() && queue.has_relative_path() && !std::filesystem::exists(queue, error))
    queue = queue.parent_path();
  if (!queue_.empty())
    watch(queue, of_queue);
  for (const auto& slug : slugs) {
    watch(specs_ / slug, slug);
    watch(specs_ / slug / "tasks", slug);
  }
}

source_changes change_watch::take() {
  source_changes changes;
  alignas(inotify_event) std::array<char, std::size_t{16} * 1024> bytes{};
  for (;;) {
    const auto got = fd_ ? ::read(fd_.get(), bytes.data(), bytes.size()) : -1;
    if (got <= 0)
      return changes;
    for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
      inotify_event event{};
      std::memcpy(&event, bytes.data() + at, sizeof event);
      at += sizeof event + event.len;
      const auto known = names_.find(event.wd);
      if ((event.mask & IN_Q_OVERFLOW) != 0)
        changes.feature_list = changes.queue = true;
      else if (known == names_.end())
        continue;
      else if (known->second == of_specs)
        changes.feature_list = true;
      else if (known->second == of_queue)
        changes.queue = true;
      else
        changes.features.insert(known->second);
      if ((event.mask & IN_IGNORED) != 0)
        names_.erase(event.wd);
    }
  }
}

} // namespace spec_kitty::board
