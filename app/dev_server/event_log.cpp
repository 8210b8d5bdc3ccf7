#include "app/dev_server/event_log.hpp"

#include "util/json.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace spec_kitty::dev_server {

namespace {

constexpr std::size_t read_block = std::size_t{1024} * 1024;

/// `count` bytes at `offset`, or less at the end of the file; false on an error.
bool read_at(int fd, std::uint64_t offset, std::size_t count, std::string& into) {
  const std::size_t had = into.size();
  into.resize(had + count);
  std::size_t got = 0;
  while (got < count) {
    const ssize_t n =
        ::pread(fd, into.data() + had + got, count - got, static_cast<off_t>(offset + got));
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0) {
      into.resize(had + got);
      return n == 0;
    }
    got += static_cast<std::size_t>(n);
  }
  return true;
}

result<void> fsync_directory_of(const std::filesystem::path& path) {
  const auto folder = path.parent_path().empty() ? "." : path.parent_path();
  const file_descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0)
    return system_failure("cannot sync " + folder.string(), errno, "check the folder");
  return {};
}

} // namespace

result<event_log> event_log::open(const std::filesystem::path& path) {
  file_descriptor file(::open(
      path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
  if (!file)
    return system_failure("cannot open " + path.string(), errno, "check the file's permissions");
  event_log log(path, std::move(file));
  if (const auto read = log.recover(); !read)
    return read.error();
  if (const auto synced = fsync_directory_of(path); !synced)
    return synced.error();
  return log;
}

result<void> event_log::recover() {
  std::string bytes;
  std::uint64_t offset = 0;
  for (;;) {
    const std::size_t had = bytes.size();
    if (!read_at(file_.get(), offset + had, read_block, bytes))
      return system_failure("cannot read " + path_.string(), errno, "check the disk");
    if (bytes.size() == had)
      break;
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = bytes.find('\n', begin)) != std::string::npos;
         begin = end + 1) {
      const std::string_view line = std::string_view(bytes).substr(begin, end - begin);
      const auto event = parse_json(line);
      const auto id = event ? text_of(*event, "event_id") : std::nullopt;
      const auto team = event ? text_of(*event, "team_slug") : std::nullopt;
      const auto lamport = event ? whole_number_of(*event, "lamport_clock").value_or(-1) : -1;
      if (!id || !team || lamport < 0)
        return failure{ec::store_corrupt,
                       path_.string() + " is damaged at byte " + std::to_string(offset + begin),
                       "move that file away, or choose another folder with --state"};
      remember({*id, *team, static_cast<std::uint64_t>(lamport), line});
    }
    bytes.erase(0, begin);
    offset += begin;
  }
  if (!bytes.empty() && ::ftruncate(file_.get(), static_cast<off_t>(size_bytes_)) != 0)
    return system_failure("cannot remove the incomplete last line of " + path_.string(), errno,
                          "check the file's permissions");
  return {};
}

result<void> event_log::append(const std::vector<log_entry>& entries) {
  if (entries.empty())
    return {};
  if (broken_)
    return failure{ec::store_unusable,
                   path_.string() + " could not be repaired after a failed write",
                   "restart the dev-server"};
  std::string bytes;
  for (const auto& entry : entries) {
    bytes += entry.line;
    bytes += '\n';
  }
  if (!write_all(file_.get(), bytes) || ::fdatasync(file_.get()) != 0) {
    failure why = system_failure("cannot write " + path_.string(), errno, "check the disk");
    broken_ = ::ftruncate(file_.get(), static_cast<off_t>(size_bytes_)) != 0;
    return why;
  }
  for (const auto& entry : entries)
    remember(entry);
  return {};
}

void event_log::remember(const log_entry& entry) {
  const std::uint64_t bytes = entry.line.size() + 1;
  auto& extents = by_team_[entry.team_slug];
  if (!extents.empty() && extents.back().offset + extents.back().bytes == size_bytes_)
    extents.back().bytes += bytes;
  else
    extents.push_back({size_bytes_, bytes});
  size_bytes_ += bytes;
  highest_lamport_ = std::max(highest_lamport_, entry.lamport_clock);
  ids_.insert(entry.event_id);
}

void event_log::each(const std::function<void(const std::string&, std::string_view)>& visit) const {
  for (const auto& [team, extents] : by_team_)
    for (const extent& part : extents) {
      std::string text;
      if (!read_at(file_.get(), part.offset, static_cast<std::size_t>(part.bytes), text))
        continue;
      std::size_t begin = 0;
      for (std::size_t end = 0; (end = text.find('\n', begin)) != std::string::npos;
           begin = end + 1)
        visit(team, std::string_view(text).substr(begin, end - begin));
    }
}

result<std::string> event_log::events_of(const std::string& team_slug) const {
  std::string text;
  const auto found = by_team_.find(team_slug);
  if (found == by_team_.end())
    return text;
  for (const extent& part : found->second)
    if (!read_at(file_.get(), part.offset, static_cast<std::size_t>(part.bytes), text))
      return system_failure("cannot read " + path_.string(), errno, "check the disk");
  if (!text.empty())
    text.pop_back(); // the last newline; within compact JSON there is no other
  std::replace(text.begin(), text.end(), '\n', ',');
  return text;
}

} // namespace spec_kitty::dev_server
