#include "actors/queue/overflow.hpp"

#include "util/files.hpp"
#include "util/fsync.hpp"
#include "util/gzip.hpp"

namespace spec_kitty {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view overflow_suffix = ".jsonl.gz";

fs::path overflow_folder(const fs::path& home) {
  return home / "overflow";
}

} // namespace

result<void> write_overflow(const fs::path& home, std::string_view first_id, std::size_t events,
                            std::string_view lines) {
  const fs::path folder = overflow_folder(home);
  if (auto made = make_private_folder(folder); !made)
    return made;
  const std::string name = event_file_name(first_id, events, overflow_suffix);
  if (auto written = replace_file(folder / name, gzip(lines)); !written)
    return written;
  if (const int error = fsync_parents(folder); error != 0)
    return system_failure(error, "cannot sync " + home.string());
  return {};
}

std::vector<event_file> overflow_files(const fs::path& home) {
  return event_files(overflow_folder(home), overflow_suffix);
}

result<void> note_imported(const fs::path& home, const fs::path& file) {
  std::error_code error;
  const fs::path folder = overflow_folder(home);
  if (!fs::equivalent(file.parent_path().empty() ? fs::path(".") : file.parent_path(), folder,
                      error))
    return {};
  const fs::path done = folder / "imported";
  if (auto made = make_private_folder(done); !made)
    return made;
  fs::rename(file, done / file.filename(), error);
  return error ? result<void>(system_failure(error.value(), "cannot move " + file.string()))
               : result<void>{};
}

} // namespace spec_kitty
