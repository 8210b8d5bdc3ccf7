#include "config/journal.hpp"

#include "util/files.hpp"
#include "util/gzip.hpp"
#include "util/json.hpp"
#include "util/text.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

namespace spec_kitty {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view suffix = ".jsonl.gz";
constexpr std::size_t digits = 12;
constexpr std::size_t max_files = 10000; ///< that are looked at; a journal has a few
constexpr std::uint64_t max_text = std::uint64_t{256} << 20; ///< of a file, unpacked
constexpr std::uint64_t max_events = 100 * journal_file_events;
constexpr std::size_t piece = 16384; ///< a hostile one unpacks to 16 MiB

/// The place in a file's name; 0 for any other name.
std::uint64_t place_in(std::string_view name) {
  if (name.size() != digits + suffix.size() || !name.ends_with(suffix) || name.front() != '0')
    return 0;
  return whole_number<std::uint64_t>(name.substr(0, digits)).value_or(0);
}

std::optional<delivered_event> parse_line(std::string_view line) {
  const auto object = parse_json(line);
  const json_value* event = object ? member(*object, "event") : nullptr;
  if (event == nullptr || !text_of(*event, "event_id"))
    return std::nullopt;
  const auto at = parse_date_time(text_of(*object, "delivered_at").value_or(""));
  if (!at)
    return std::nullopt;
  return delivered_event{*at, text_of(*object, "server").value_or(""),
                         text_of(*object, "status") == "duplicate", to_text(*event)};
}

/// The lines of one file, as they are unpacked.
class line_reader {
public:
  explicit line_reader(const std::function<bool(const delivered_event&)>& visit) : visit_(visit) {}

  /// False where nothing more is to be read.
  bool take(std::string_view packed) {
    const auto unpacked = gunzip_.feed(packed, text_);
    std::size_t from = 0;
    for (auto end = text_.find('\n');
         end != std::string::npos && !found_.stopped && found_.events <= max_events;
         end = text_.find('\n', from)) {
      line(std::string_view(text_).substr(from, end - from));
      from = end + 1;
    }
    found_.bytes += from;
    text_.erase(0, from);
    if (!unpacked)
      found_.problem = unpacked.error().message;
    else if (found_.bytes + text_.size() > max_text || found_.events > max_events)
      found_.problem = "it holds more than a journal file does";
    return found_.problem.empty() && !found_.stopped;
  }

  journal_content end() && {
    found_.cut_short =
        found_.problem.empty() && !found_.stopped && (!gunzip_.is_whole() || !text_.empty());
    if (found_.cut_short)
      found_.problem = "its end is missing";
    if (found_.problem.empty() && unreadable_ > 0)
      found_.problem = count_of(unreadable_, "line") + " without a delivered event";
    return std::move(found_);
  }

private:
  void line(std::string_view text) {
    ++found_.events;
    const auto event = parse_line(text);
    if (!event)
      ++unreadable_;
    else if (!visit_(*event))
      found_.stopped = true;
  }

  const std::function<bool(const delivered_event&)>& visit_;
  gunzip_stream gunzip_;
  std::string text_; ///< unpacked, without its line break yet
  std::uint64_t unreadable_ = 0;
  journal_content found_;
};

} // namespace

std::vector<journal_file> journal_files(const fs::path& home) {
  std::vector<journal_file> found;
  std::error_code error; // of a folder that does not exist
  for (fs::directory_iterator at(home / journal_folder, error), end;
       !error && at != end && found.size() < max_files; at.increment(error))
    if (const auto first = place_in(at->path().filename().string()); first > 0)
      found.push_back({at->path(), first});
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  return found;
}

fs::path journal_path(const fs::path& home, std::uint64_t first) {
  std::string name = std::to_string(first);
  name.insert(0, digits - std::min(digits, name.size()), '0');
  return home / journal_folder / name.append(suffix);
}

journal_content read_journal_file(const fs::path& file,
                                  const std::function<bool(const delivered_event&)>& visit) {
  const auto fd = open_regular(file, O_RDONLY, last_link::refuse);
  journal_content none;
  if (!fd)
    none.problem = fd.error().message;
  if (!fd || !*fd) // the oldest file may have been removed meanwhile
    return none;
  line_reader lines(visit);
  std::array<char, piece> bytes; // read() fills it
  for (;;) {
    const auto got = ::read(fd->get(), bytes.data(), bytes.size());
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      none.problem = std::strerror(errno);
    if (got < 0)
      return none;
    if (got == 0 || !lines.take({bytes.data(), static_cast<std::size_t>(got)}))
      return std::move(lines).end();
  }
}

std::vector<std::string> read_journal(const fs::path& home,
                                      const std::function<bool(const delivered_event&)>& visit) {
  std::vector<std::string> problems;
  const auto files = journal_files(home);
  for (const auto& file : files) {
    const bool is_newest = &file == &files.back(); // it may be being written right now
    const auto content = read_journal_file(file.path, visit);
    if (!content.problem.empty() && !(is_newest && content.cut_short))
      problems.push_back(file.path.string() + " cannot be read as a whole: " + content.problem);
    if (content.stopped)
      break;
  }
  return problems;
}

namespace {

/// A line up to the event.
std::string begin_of_line(epoch_us delivered_at, std::string_view server, const char* status) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "delivered_at", format_timestamp(delivered_at));
  field(out, "server", server);
  field(out, "status", status);
  key(out, "event");
  return to_text(buffer).append(":");
}

} // namespace

journal_lines::journal_lines(epoch_us delivered_at, std::string_view server)
    : begin_accepted_(begin_of_line(delivered_at, server, "accepted")),
      begin_duplicate_(begin_of_line(delivered_at, server, "duplicate")) {}

void journal_lines::append(std::string& to, bool known_before, std::string_view json) const {
  to.append(known_before ? begin_duplicate_ : begin_accepted_).append(json).append("}\n");
}

} // namespace spec_kitty
