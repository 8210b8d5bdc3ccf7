#include "app/daemon/record.hpp"

#include "util/files.hpp"
#include "util/json.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <utility>

namespace spec_kitty {

namespace {

constexpr std::string_view file_name = "daemon.json";

constexpr std::array<std::pair<daemon_end, std::string_view>, 6> ends = {{
    {daemon_end::none, "running"},
    {daemon_end::stopped, "stopped"},
    {daemon_end::handed_over, "handed_over"},
    {daemon_end::idle, "idle"},
    {daemon_end::signalled, "signalled"},
    {daemon_end::failed, "failed"},
}};

constexpr std::array<connection_state, 4> states = {
    connection_state::offline, connection_state::reconnecting, connection_state::connected,
    connection_state::offline_batch_mode};

epoch_us instant_of(const json_value& object, const char* name) {
  const auto text = text_of(object, name);
  return text ? parse_date_time(*text).value_or(0) : 0;
}

} // namespace

std::string_view to_string(daemon_end end) {
  for (const auto& [value, name] : ends)
    if (value == end)
      return name;
  return "running";
}

std::string render_record(const daemon_record& record) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "phase", to_string(record.end));
  field(out, "why", record.why);
  field(out, "pid", static_cast<std::uint64_t>(record.process.pid));
  field(out, "start_time", record.process.start_time);
  field(out, "boot", to_string(record.process.boot));
  field(out, "version", record.version);
  field(out, "since", format_timestamp(record.since));
  key(out, "connection");
  out.StartObject();
  field(out, "state", to_string(record.connection.state));
  field(out, "reason", record.connection.reason);
  field(out, "since", format_timestamp(record.connection.since));
  out.EndObject();
  out.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

std::optional<daemon_record> parse_record(std::string_view json) {
  const auto parsed = parse_json(json);
  if (!parsed)
    return std::nullopt;
  const auto phase = text_of(*parsed, "phase");
  const auto pid = whole_number_of(*parsed, "pid");
  const auto start = whole_number_of(*parsed, "start_time");
  const auto boot = parse_ulid(text_of(*parsed, "boot").value_or(""));
  const json_value* connection = member(*parsed, "connection");
  if (!phase || !pid || *pid <= 0 || !start || !boot || connection == nullptr)
    return std::nullopt;
  daemon_record record;
  record.process = {static_cast<std::uint32_t>(*pid), static_cast<std::uint64_t>(*start), *boot};
  record.version = text_of(*parsed, "version").value_or("");
  record.since = instant_of(*parsed, "since");
  record.why = text_of(*parsed, "why").value_or("");
  for (const auto& [value, name] : ends)
    if (name == *phase)
      record.end = value;
  const auto state = text_of(*connection, "state").value_or("");
  for (const auto entry : states)
    if (to_string(entry) == state)
      record.connection.state = entry;
  record.connection.reason = text_of(*connection, "reason").value_or("");
  record.connection.since = instant_of(*connection, "since");
  return record;
}

std::optional<daemon_record> read_record(const std::filesystem::path& home) {
  const auto text = read_private_file(home / file_name, 65536);
  auto record = text && *text ? parse_record(**text) : std::nullopt;
  struct stat file {};
  if (record && ::stat((home / file_name).c_str(), &file) == 0)
    record->last_sign = file.st_mtim.tv_sec * 1000000 + file.st_mtim.tv_nsec / 1000;
  return record;
}

void touch_record(const std::filesystem::path& home) {
  ::utimensat(AT_FDCWD, (home / file_name).c_str(), nullptr, AT_SYMLINK_NOFOLLOW);
}

result<void> write_record(const std::filesystem::path& home, const daemon_record& record) {
  const auto target = home / file_name;
  const auto fresh = home / "daemon.json.new"; // only the lock's holder writes
  const std::string text = render_record(record) + "\n";
  {
    const auto fd = open_regular(fresh, O_WRONLY | O_CREAT | O_TRUNC, last_link::refuse);
    if (!fd)
      return fd.error();
    if (::write(fd->get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
      return system_failure(errno, "cannot write " + fresh.string());
  }
  if (std::rename(fresh.c_str(), target.c_str()) != 0)
    return system_failure(errno, "cannot write " + target.string());
  return {};
}

bool should_run(const daemon_record& record) {
  return record.end == daemon_end::none || record.end == daemon_end::signalled ||
         record.end == daemon_end::failed;
}

} // namespace spec_kitty
