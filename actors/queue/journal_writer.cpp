#include "actors/queue/journal_writer.hpp"

#include "util/file_bytes.hpp"
#include "util/files.hpp"
#include "util/gzip.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace spec_kitty {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::milliseconds patience{200}; ///< another process writes for a moment
constexpr std::uint64_t max_lines_bytes = std::uint64_t{64} << 20; ///< of a file, unpacked
constexpr std::uint64_t max_journal_bytes = std::uint64_t{256} << 20;

std::uint64_t packed_size(const fs::path& file) {
  struct stat found {};
  return ::lstat(file.c_str(), &found) == 0 ? static_cast<std::uint64_t>(found.st_size) : 0;
}

} // namespace

journal_writer::journal_writer(fs::path home, std::uint64_t keep, std::string server)
    : home_(std::move(home)), keep_(keep), file_events_(std::min(keep, journal_file_events)),
      server_(std::move(server)) {}

bool journal_writer::is_full(const place& at) const {
  return at.events >= file_events_ || at.bytes >= max_lines_bytes;
}

/// The newest file, as it stands; where it is damaged, the place behind it.
journal_writer::place journal_writer::current() const {
  const auto files = journal_files(home_);
  if (files.empty())
    return {1, 0, 0, 0};
  const auto& newest = files.back();
  const std::uint64_t size = packed_size(newest.path);
  if (newest.first == last_.first && size == last_.size)
    return last_;
  const auto held = read_journal_file(newest.path, [](const delivered_event&) { return true; });
  if (!held.problem.empty())
    return {newest.first + std::max<std::uint64_t>(held.events, 1), 0, 0, 0};
  return {newest.first, held.events, held.bytes, size};
}

/// One member. What was written of it goes again where it is not whole.
result<void> journal_writer::append(place& at, const std::string& lines) const {
  const auto file = journal_path(home_, at.first);
  const auto fd = open_regular(file, O_WRONLY | O_CREAT | O_APPEND, last_link::refuse);
  if (!fd)
    return fd.error();
  const std::string packed = gzip(lines);
  if (const int error = file_detail::write_all(fd->get(), packed); error != 0) {
    (void)!::ftruncate(fd->get(), static_cast<off_t>(at.size));
    return system_failure(error, "cannot write " + file.string());
  }
  at.size += packed.size();
  at.bytes += lines.size();
  return {};
}

/// `next`: the place of the event that comes next.
void journal_writer::remove_old(std::uint64_t next) const {
  const auto files = journal_files(home_);
  std::uint64_t bytes = 0;
  std::uint64_t behind = next; // the first event of the file after the one that is looked at
  for (auto file = files.rbegin(); file != files.rend(); ++file) {
    const bool enough = next - std::min(next, behind) >= keep_;
    if ((enough || bytes > max_journal_bytes) && behind != next)
      ::unlink(file->path.c_str());
    bytes += packed_size(file->path);
    behind = file->first;
  }
}

result<void> journal_writer::add(const std::vector<settled_event>& events, epoch_us now) {
  if (keep_ == 0) {
    for (const auto& file : journal_files(home_))
      ::unlink(file.path.c_str());
    return {};
  }
  if (events.empty())
    return {};
  const fs::path folder = home_ / journal_folder;
  struct stat found {};
  if (::lstat(folder.c_str(), &found) != 0) {
    if (auto made = make_private_folder(folder); !made)
      return made;
  } else if (!S_ISDIR(found.st_mode)) {
    return failure{ec::store_unusable, folder.string() + " is not a folder", {}};
  }
  const auto lock = file_lock::take(folder / "lock", patience);
  if (!lock)
    return lock.error();
  if (!*lock)
    return failure{ec::store_busy, "another process is writing to the journal", {}};
  place at = current();
  const journal_lines form(now, server_);
  for (std::size_t done = 0; done < events.size();) {
    if (is_full(at))
      at = {at.first + std::max<std::uint64_t>(at.events, 1), 0, 0, 0};
    std::string lines;
    std::uint64_t added = 0;
    for (; done < events.size() && at.events + added < file_events_ &&
           at.bytes + lines.size() < max_lines_bytes;
         ++done, ++added)
      form.append(lines, events[done].known_before, events[done].json);
    if (auto written = append(at, lines); !written)
      return written;
    at.events += added;
  }
  last_ = at;
  remove_old(at.first + at.events);
  return {};
}

} // namespace spec_kitty
