#include "actors/queue/overflow.hpp"

#include "util/files.hpp"
#include "util/fsync.hpp"
#include "util/gzip.hpp"

#include <algorithm>
#include <charconv>

namespace spec_kitty {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view overflow_suffix = ".jsonl.gz";

fs::path overflow_folder(const fs::path& home) {
  return home / "overflow";
}

/// The number in `<id>-<number>.jsonl.gz`; 0 for any other name.
std::uint64_t overflow_events_in_name(std::string_view name) {
  const auto dash = name.rfind('-');
  if (!name.ends_with(overflow_suffix) || dash == std::string_view::npos)
    return 0;
  std::uint64_t number = 0;
  const std::string_view digits =
      name.substr(dash + 1, name.size() - overflow_suffix.size() - dash - 1);
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

} // namespace

result<void> write_overflow(const fs::path& home, std::string_view first_id, std::size_t events,
                            std::string_view lines) {
  const fs::path folder = overflow_folder(home);
  if (auto made = make_private_folder(folder); !made)
    return made;
  std::string name(first_id);
  name.append("-").append(std::to_string(events)).append(overflow_suffix);
  if (auto written = replace_file(folder / name, gzip(lines)); !written)
    return written;
  if (const int error = fsync_parents(folder); error != 0)
    return system_failure(error, "cannot sync " + home.string());
  return {};
}

std::vector<overflow_file> overflow_files(const fs::path& home) {
  std::vector<overflow_file> found;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(overflow_folder(home), none))
    if (const auto events = overflow_events_in_name(entry.path().filename().string()); events > 0)
      found.push_back({entry.path(), events});
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  return found;
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
