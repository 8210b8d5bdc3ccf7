#include "actors/queue/records.hpp"

#include "actors/queue/row_bytes.hpp"
#include "util/checksum.hpp"
#include "util/json.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace spec_kitty {

namespace {

static_assert(std::endian::native == std::endian::little, "values are stored little-endian");

constexpr std::size_t header_bytes = 48;
constexpr std::size_t checksum_at = 44;
constexpr std::uint8_t record_version = 1;
constexpr std::string_view team_member = ",\"team_slug\":";

std::uint32_t record_checksum(std::string_view header, std::string_view body) {
  return crc32_checksum(body, crc32_checksum(header));
}

} // namespace

std::string summary::encode() const {
  byte_writer out;
  out << clock << next_seq << live << bytes << accepted << acked << dead << dropped << lease_epoch
      << last_ack_at << last_id << checked_on;
  return sealed(summary_key, out.take());
}

namespace {

std::optional<summary> decode_fields(std::string_view stored) {
  summary s;
  byte_reader in(stored);
  in >> s.clock >> s.next_seq >> s.live >> s.bytes >> s.accepted >> s.acked >> s.dead >>
      s.dropped >> s.lease_epoch >> s.last_ack_at >> s.last_id >> s.checked_on;
  return in.whole() ? std::optional(s) : std::nullopt;
}

} // namespace

std::optional<summary> summary::decode(std::string_view stored) {
  return is_sealed(summary_key, stored)
             ? decode_fields(stored.substr(0, stored.size() - sizeof(std::uint32_t)))
             : std::nullopt;
}

std::optional<summary> summary::decode_older(std::string_view stored) {
  constexpr std::size_t schema_bytes = 8;
  if (stored.size() < schema_bytes)
    return std::nullopt;
  std::string later(stored.substr(schema_bytes));
  later.append(sizeof checked_on.bytes, '\0');
  return decode_fields(later);
}

void event_record::encode(char* out) const {
  char* at = out;
  const auto put_value = [&at](const auto& value) {
    std::memcpy(at, &value, sizeof value);
    at += sizeof value;
  };
  put_value(record_version);
  put_value(static_cast<std::uint8_t>(type.size()));
  put_value(static_cast<std::uint16_t>(head.size()));
  put_value(static_cast<std::uint32_t>(head.size() + tail.size()));
  put_value(id.bytes);
  put_value(lamport);
  put_value(recorded_at);
  put_value(partition_id);
  at += sizeof(std::uint32_t); // the checksum
  at = std::copy(type.begin(), type.end(), at);
  at = std::copy(head.begin(), head.end(), at);
  at = std::copy(tail.begin(), tail.end(), at);
  const char* body = out + header_bytes;
  const std::uint32_t sum =
      record_checksum({out, checksum_at}, {body, static_cast<std::size_t>(at - body)});
  std::memcpy(out + checksum_at, &sum, sizeof sum);
}

std::optional<event_record> event_record::decode(std::string_view bytes) {
  std::uint8_t version = 0;
  std::uint8_t type_size = 0;
  std::uint16_t head_size = 0;
  std::uint32_t json_size = 0;
  std::uint32_t sum = 0;
  event_record record;
  byte_reader in(bytes);
  in >> version >> type_size >> head_size >> json_size >> record.id >> record.lamport >>
      record.recorded_at >> record.partition_id >> sum;
  if (!in.ok() || version != record_version || head_size > json_size ||
      bytes.size() != header_bytes + type_size + json_size ||
      sum != record_checksum(bytes.substr(0, checksum_at), bytes.substr(header_bytes)))
    return std::nullopt;
  record.type = bytes.substr(header_bytes, type_size);
  record.head = bytes.substr(header_bytes + type_size, head_size);
  record.tail = bytes.substr(header_bytes + type_size + head_size);
  return record;
}

std::string event_record::json() const {
  std::string text(head);
  text += tail;
  return text;
}

std::string_view event_record::joined(std::string& memory) const {
  if (head.data() + head.size() == tail.data())
    return {head.data(), head.size() + tail.size()};
  memory.assign(head).append(tail);
  return memory;
}

std::string event_record::json(std::string_view team) const {
  json_buffer buffer;
  json_writer quoted(buffer);
  put(quoted, team);
  std::string text;
  append_json(text, {buffer.GetString(), buffer.GetSize()});
  return text;
}

void event_record::append_json(std::string& out, std::string_view team) const {
  const auto team_at = head.find(team_member); // nothing before it is text of others
  out.append(head.substr(0, team_at)).append(team_member).append(team).append(tail);
}

std::string attempt_record::encode() const {
  byte_writer out;
  out << tries << alone << first_at << last_at << std::string_view(last_error);
  return out.take();
}

attempt_record attempt_record::decode(std::string_view bytes) {
  attempt_record record;
  byte_reader(bytes) >> record.tries >> record.alone >> record.first_at >> record.last_at >>
      record.last_error;
  return record;
}

std::string dead_record::encode() const {
  byte_writer out;
  out << std::string_view(attempts.encode()) << std::string_view(reason)
      << std::string_view(record);
  return out.take();
}

std::optional<dead_record> dead_record::decode(std::string_view bytes) {
  dead_record dead;
  std::string attempts;
  byte_reader in(bytes);
  in >> attempts >> dead.reason >> dead.record;
  if (!in.whole())
    return std::nullopt;
  dead.attempts = attempt_record::decode(attempts);
  return dead;
}

std::string partition_record::encode() const {
  byte_writer out;
  out << id << hold << live << sent_through << held_since << std::string_view(hold_reason);
  return out.take();
}

partition_record partition_record::decode(std::string_view bytes) {
  partition_record team;
  byte_reader(bytes) >> team.id >> team.hold >> team.live >> team.sent_through >> team.held_since >>
      team.hold_reason;
  return team;
}

std::string project_record::encode() const {
  byte_writer out;
  out << static_cast<std::uint32_t>(choice) << std::string_view(name);
  return out.take();
}

project_record project_record::decode(std::string_view bytes) {
  project_record project;
  std::uint32_t choice = 0;
  byte_reader(bytes) >> choice >> project.name;
  project.choice = choice <= 2 ? static_cast<sharing>(choice) : sharing::kept_here;
  return project;
}

std::string lease_record::encode() const {
  byte_writer out;
  out << expires_at << owner.pid << partition_id << owner.start_time << owner.boot
      << static_cast<std::uint32_t>(positions.size()) << seconds;
  for (const auto seq : positions)
    out << seq;
  return out.take();
}

std::optional<lease_record> lease_record::decode(std::string_view bytes) {
  lease_record lease;
  std::uint32_t count = 0;
  byte_reader in(bytes);
  in >> lease.expires_at >> lease.owner.pid >> lease.partition_id >> lease.owner.start_time >>
      lease.owner.boot >> count >> lease.seconds;
  if (!in.ok() || count > bytes.size() / sizeof(std::uint64_t))
    return std::nullopt;
  lease.positions.resize(count);
  for (auto& seq : lease.positions)
    in >> seq;
  return in.whole() ? std::optional(std::move(lease)) : std::nullopt;
}

std::string place_record::encode() const {
  byte_writer out;
  out << machine << inode;
  return out.take();
}

place_record place_record::decode(std::string_view bytes) {
  place_record place;
  byte_reader(bytes) >> place.machine >> place.inode;
  return place;
}

bool place_record::differs_from(const place_record& other) const {
  const auto is_other = [](const auto& mine, const auto& theirs, const auto& unknown) {
    return mine != unknown && theirs != unknown && mine != theirs;
  };
  return is_other(machine, other.machine, ulid{}) || is_other(inode, other.inode, std::uint64_t{0});
}

place_record place_record::or_else(const place_record& other) const {
  return {machine == ulid{} ? other.machine : machine, inode == 0 ? other.inode : inode};
}

std::string cursor_record::encode() const {
  byte_writer out;
  out << std::string_view(origin) << std::string_view(team_slug) << log << through << moved_at
      << taken_back_at << lost_from << lost_to << static_cast<std::uint32_t>(known.size());
  for (const auto& [seq, event] : known)
    out << seq << event;
  return out.take();
}

std::optional<cursor_record> cursor_record::decode(std::string_view bytes) {
  cursor_record cursor;
  std::uint32_t count = 0;
  byte_reader in(bytes);
  in >> cursor.origin >> cursor.team_slug >> cursor.log >> cursor.through >> cursor.moved_at >>
      cursor.taken_back_at >> cursor.lost_from >> cursor.lost_to >> count;
  if (!in.ok() || count > bytes.size() / sizeof(std::uint64_t))
    return std::nullopt;
  cursor.known.resize(count);
  for (auto& [seq, event] : cursor.known)
    in >> seq >> event;
  return in.whole() ? std::optional(std::move(cursor)) : std::nullopt;
}

std::string encode_schema(std::uint32_t schema) {
  byte_writer out;
  out << schema;
  return out.take();
}

std::optional<std::uint32_t> decode_schema(std::string_view bytes) {
  std::uint32_t schema = 0;
  byte_reader in(bytes);
  in >> schema;
  return in.ok() && schema >= 1 && schema <= last_schema_version ? std::optional(schema)
                                                                 : std::nullopt;
}

std::string encode_u64(std::uint64_t value) {
  byte_writer out;
  out << value;
  return out.take();
}

std::uint64_t decode_u64(std::string_view bytes) {
  std::uint64_t value = 0;
  byte_reader(bytes) >> value;
  return value;
}

} // namespace spec_kitty
