#include "actors/queue/spill.hpp"

#include "config/home_check.hpp"
#include "messages/ulid.hpp"
#include "util/checksum.hpp"
#include "util/files.hpp"
#include "util/fsync.hpp"
#include "util/json_slices.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>

namespace spec_kitty {

namespace fs = std::filesystem;

namespace {

constexpr int max_attempts = 16;      ///< to write a spill file while its folder comes and goes
constexpr int transient_attempts = 3; ///< after so many the folder, if it exists, is not the cause

constexpr std::string_view spill_suffix = ".jsonl";
constexpr std::string_view set_aside = ".damaged";
constexpr std::size_t checksum_digits = 8;
constexpr off_t max_spill_bytes = off_t{1} << 30;
constexpr std::size_t max_line_bytes = std::size_t{64} << 20;
constexpr std::uint64_t min_free_bytes = std::uint64_t{256}
                                         << 10; ///< the store's deletes need space

fs::path spill_folder(const fs::path& home) {
  return home / "spill";
}

std::string line_checksum(std::string_view json) {
  std::array<char, checksum_digits + 1> hex{};
  std::snprintf(hex.data(), hex.size(), "%08x", static_cast<unsigned>(crc32_checksum(json)));
  return {hex.data(), checksum_digits};
}

/// Announcement keys are `a` and 16 bytes: here the bytes as hex digits.
void write_keys(json_writer& out, const std::vector<std::string>& keys) {
  key(out, "once");
  out.StartArray();
  for (const auto& entry : keys) {
    std::string hex;
    for (const char c : entry.substr(1)) {
      std::array<char, 3> digits{};
      std::snprintf(digits.data(), digits.size(), "%02x", static_cast<unsigned char>(c));
      hex += digits.data();
    }
    out.String(hex.data(), static_cast<rapidjson::SizeType>(hex.size()));
  }
  out.EndArray();
}

constexpr std::size_t announcement_hex_digits = 32; ///< announcement_key() without its mark

std::vector<std::string> read_keys(const json_value& object) {
  std::vector<std::string> keys;
  const json_value* list = member(object, "once");
  if (list == nullptr || !list->IsArray())
    return keys;
  for (const auto& element : list->GetArray()) {
    const std::string_view hex =
        element.IsString() ? std::string_view(element.GetString(), element.GetStringLength())
                           : std::string_view{};
    if (hex.size() != announcement_hex_digits) // of another row, or of no row
      continue;
    std::string key = "a";
    for (std::size_t at = 0; at + 1 < hex.size(); at += 2) {
      unsigned byte = 0;
      std::from_chars(hex.data() + at, hex.data() + at + 2, byte, 16);
      key += static_cast<char>(byte);
    }
    keys.push_back(std::move(key));
  }
  return keys;
}

std::string as_json(const spilled_event& event) {
  const auto& draft = event.draft;
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  if (!event.event_id.empty())
    field(out, "event_id", event.event_id);
  key(out, "recorded_at");
  out.Int64(event.recorded_at);
  field(out, "event_type", draft.event_type);
  field(out, "aggregate_id", draft.aggregate_id);
  field(out, "aggregate_type", draft.aggregate_type);
  raw_field(out, "payload", draft.payload);
  field(out, "causation_id", draft.causation_id);
  if (draft.feature_slug)
    field(out, "feature_slug", *draft.feature_slug);
  field(out, "timestamp", draft.timestamp);
  field(out, "team_slug", draft.team_slug);
  field(out, "project_uuid", draft.project_uuid);
  field(out, "project_slug", draft.project_slug);
  field(out, "project_key", draft.project_key);
  field(out, "project_name", draft.project_name);
  if (!draft.dedup_keys.empty())
    write_keys(out, draft.dedup_keys);
  if (!draft.intent_key.empty())
    field(out, "intent_key", draft.intent_key);
  if (!draft.project_aliases.empty()) {
    key(out, "project_aliases");
    out.StartArray();
    for (const auto& alias : draft.project_aliases)
      out.String(alias.data(), static_cast<rapidjson::SizeType>(alias.size()));
    out.EndArray();
  }
  if (!draft.project_parent.empty())
    field(out, "project_parent", draft.project_parent);
  if (draft.project_in_doubt)
    field(out, "project_in_doubt", true);
  out.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

std::optional<spilled_event> from_json(std::string text) {
  const auto parsed = compact_and_parse(text);
  const json_value* payload = parsed ? member(*parsed, "payload") : nullptr;
  const auto recorded_at = parsed ? whole_number_of(*parsed, "recorded_at") : std::nullopt;
  if (payload == nullptr || !recorded_at)
    return std::nullopt;
  const auto text_at = [&](const char* name) { return text_of(*parsed, name).value_or(""); };
  spilled_event event;
  event.recorded_at = *recorded_at;
  event.event_id = text_at("event_id");
  event.draft = {
      text_at("event_type"),
      text_at("aggregate_id"),
      text_at("aggregate_type"),
      std::string(member_slice(text, "payload").value_or("")),
      text_of(*parsed, "causation_id"),
      text_at("timestamp"),
      text_at("team_slug"),
      text_of(*parsed, "project_uuid"),
      text_of(*parsed, "project_slug"),
      text_of(*parsed, "project_key").value_or(text_at("project_uuid")), // older lines have no key
      text_at("project_name"),
      read_keys(*parsed),
      text_of(*parsed, "feature_slug")};
  if (const auto key = text_at("intent_key"); is_intent_key(key))
    event.draft.intent_key = key;
  if (const json_value* aliases = member(*parsed, "project_aliases");
      aliases != nullptr && aliases->IsArray())
    for (const auto& alias : aliases->GetArray())
      if (alias.IsString())
        event.draft.project_aliases.emplace_back(alias.GetString(), alias.GetStringLength());
  event.draft.project_parent = text_at("project_parent");
  const json_value* doubt = member(*parsed, "project_in_doubt");
  event.draft.project_in_doubt = doubt != nullptr && doubt->IsBool() && doubt->GetBool();
  const bool whole = !event.draft.event_type.empty() && !event.draft.team_slug.empty();
  return whole ? std::optional(std::move(event)) : std::nullopt;
}

/// Reads the lines of a spill file as they come in pieces.
class line_collector {
public:
  explicit line_collector(spill_content& into) : into_(into) {}

  void add(std::string_view piece) {
    for (auto newline = piece.find('\n'); newline != std::string_view::npos;
         newline = piece.find('\n')) {
      if (begun_.empty()) {
        read_line(piece.substr(0, newline));
      } else {
        read_line(begun_.append(piece.substr(0, newline)));
        begun_.clear();
      }
      skipping_ = false;
      piece.remove_prefix(newline + 1);
    }
    if (!skipping_)
      begun_.append(piece);
    if (begun_.size() > max_line_bytes) {
      skipping_ = true;
      begun_.clear();
    }
  }
  /// A line without an end was torn.
  void end() { into_.damaged += begun_.empty() && !skipping_ ? 0 : 1; }

private:
  void read_line(std::string_view line) {
    const bool framed =
        !skipping_ && line.size() > checksum_digits + 1 && line[checksum_digits] == ' ';
    const std::string_view json = framed ? line.substr(checksum_digits + 1) : std::string_view{};
    auto event = framed && line.substr(0, checksum_digits) == line_checksum(json)
                     ? from_json(std::string(json))
                     : std::nullopt;
    if (event)
      into_.events.push_back(std::move(*event));
    else
      ++into_.damaged;
  }

  spill_content& into_;
  std::string begun_;     ///< a line whose end has not come
  bool skipping_ = false; ///< the rest of a line that is too long
};

} // namespace

std::string render_spill(std::span<const spilled_event> events) {
  std::string text;
  for (const auto& event : events) {
    const std::string json = as_json(event);
    text += line_checksum(json) + ' ' + json + '\n';
  }
  return text;
}

spill_content parse_spill(std::string_view text) {
  spill_content found;
  line_collector lines(found);
  lines.add(text);
  lines.end();
  return found;
}

std::optional<spill_content> read_spill(const fs::path& file) {
  const auto opened = open_regular(file, O_RDONLY, last_link::refuse);
  struct stat info {};
  if (!opened || !*opened || ::fstat(opened->get(), &info) != 0 ||
      (info.st_mode & (S_IWGRP | S_IWOTH)) != 0 || info.st_size > max_spill_bytes)
    return std::nullopt;
  const int fd = opened->get();
  spill_content found;
  line_collector lines(found);
  std::array<char, 65536> piece; // read() fills it
  for (;;) {
    const auto got = ::read(fd, piece.data(), piece.size());
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return std::nullopt;
    if (got == 0)
      break;
    lines.add({piece.data(), static_cast<std::size_t>(got)});
  }
  lines.end();
  return found;
}

result<void> write_spill(const fs::path& home, std::span<const spilled_event> events,
                         epoch_us now) {
  if (auto owned = check_trusted(home); !owned) // no files are left in another user's home
    return owned;
  if (auto space = check_free_space(home, min_free_bytes); !space)
    return space;
  const fs::path folder = spill_folder(home);
  const std::string id = to_string(next_ulid(
      {}, static_cast<std::uint64_t>(std::max<epoch_us>(now, 0) / 1000), draw_randomness()));
  const std::string name = event_file_name(id, events.size(), spill_suffix);
  const std::string text = render_spill(events);
  if (parse_spill(text).events.size() != events.size())
    return failure{ec::internal, "an event as written is not JSON: it is NOT recorded",
                   "check its payload with a JSON tool such as jq"};
  result<void> written = failure{};
  std::error_code none;
  // A process that took the files in may just have removed the folder, and another made it again.
  for (int tries = 0; tries < max_attempts; ++tries) {
    if (auto made = make_private_folder(folder); !made)
      return made;
    written = replace_file(folder / name, text);
    if (written || (tries >= transient_attempts && fs::is_directory(folder, none)))
      break;
  }
  if (written)
    if (const int error = fsync_parents(folder); error != 0)
      written = system_failure(error, "cannot sync " + home.string());
  // When only a folder's sync failed, the file may exist. The caller learns that nothing was
  // recorded and records it again: then this file must not be taken in.
  if (!written)
    fs::remove(folder / name, none);
  return written;
}

std::vector<event_file> spill_files(const fs::path& home) {
  return event_files(spill_folder(home), spill_suffix);
}

std::vector<fs::path> damaged_spill_files(const fs::path& home) {
  std::vector<fs::path> found;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(spill_folder(home), none))
    if (entry.path().filename().string().ends_with(set_aside))
      found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

void retire_spill(const fs::path& file, bool damaged) {
  std::error_code ignored; // a file that stays is marked as taken in: it is retired the next time
  if (damaged)
    fs::rename(file, file.string() + std::string(set_aside), ignored);
  else
    fs::remove(file, ignored);
  fs::remove(file.parent_path(), ignored); // when it is empty
}

} // namespace spec_kitty
