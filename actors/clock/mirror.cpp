#include "actors/clock/mirror.hpp"

#include "actors/clock/causality.hpp"
#include "messages/event.hpp"
#include "util/files.hpp"
#include "util/json.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace spec_kitty {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::milliseconds patience{50};

fs::path file_of(const fs::path& home) {
  return home / "clock.json";
}

} // namespace

std::string render_mirror(const clock_mirror& mirror) {
  return "{\n  \"value\": " + std::to_string(mirror.value) + ",\n  \"node_id\": \"" +
         mirror.node_id + "\",\n  \"updated_at\": \"" + format_timestamp(mirror.updated_at) +
         "\"\n}\n";
}

std::optional<clock_mirror> parse_mirror(std::string_view text) {
  const auto document = parse_json(text);
  if (!document)
    return std::nullopt;
  const json_value* value = member(*document, "value");
  const auto node_id = text_of(*document, "node_id");
  const auto updated = parse_date_time(text_of(*document, "updated_at").value_or(""));
  if (value == nullptr || !value->IsUint64() || value->GetUint64() > max_received || !node_id)
    return std::nullopt;
  return clock_mirror{value->GetUint64(), *node_id, updated.value_or(0)};
}

std::optional<std::uint64_t> value_to_recover(const std::optional<clock_mirror>& mirror,
                                              std::uint64_t store_value, std::string_view node_id) {
  if (!mirror || mirror->node_id != node_id || mirror->value <= store_value)
    return std::nullopt;
  return mirror->value;
}

std::optional<clock_mirror> read_mirror(const fs::path& home) {
  const auto text = read_private_file(file_of(home), 4096);
  if (!text || !*text)
    return std::nullopt;
  return parse_mirror(**text);
}

result<void> write_mirror(const fs::path& home, const clock_mirror& mirror) {
  const auto lock = file_lock::take(home / "queue" / "mirror.lock", patience);
  if (!lock)
    return lock.error();
  if (!*lock)
    return failure{ec::store_busy, "clock.json is being written by another process", {}};

  const auto shown = read_mirror(home);
  if (shown && shown->node_id == mirror.node_id && shown->value >= mirror.value)
    return {};

  const fs::path spare = home / "queue" / "mirror.spare";
  const std::string text = render_mirror(mirror);
  // It was visible once, and a reader may have it open: never cut it. If clock.json was a folder,
  // the exchange brought it here: it is removed, or renamed with its content.
  if (::unlink(spare.c_str()) != 0 && errno == EISDIR && ::rmdir(spare.c_str()) != 0)
    ::rename(spare.c_str(), (file_of(home) += ".folder").c_str());
  const unique_fd fd(::open(spare.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd)
    return system_failure(errno, "cannot write " + spare.string());
  if (::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    return system_failure(errno, "cannot write " + spare.string());

  const fs::path file = file_of(home);
  if (::renameat2(AT_FDCWD, spare.c_str(), AT_FDCWD, file.c_str(), RENAME_EXCHANGE) == 0)
    return {};
  // No file yet, or a file system that cannot exchange: replace.
  if (::rename(spare.c_str(), file.c_str()) == 0)
    return {};
  return system_failure(errno, "cannot write " + file.string());
}

} // namespace spec_kitty
