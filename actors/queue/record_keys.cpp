// The keys of the store's rows: numbers big-endian, so that LMDB's order is theirs.
#include "actors/queue/records.hpp"

#include <cstring>

namespace spec_kitty {

namespace {

template <class T>
T big_endian(T value) {
  return std::is_same_v<T, std::uint32_t>
             ? static_cast<T>(__builtin_bswap32(static_cast<std::uint32_t>(value)))
             : static_cast<T>(__builtin_bswap64(value));
}

template <class T>
std::string as_key(T value) {
  const T swapped = big_endian(value);
  return {reinterpret_cast<const char*>(&swapped), sizeof swapped};
}

} // namespace

std::string position_key(std::uint64_t seq) {
  return as_key(seq);
}

std::uint64_t position_of(std::string_view key) {
  std::uint64_t value = 0;
  if (key.size() >= sizeof value) // the last eight bytes, so that a team-queue key works too
    std::memcpy(&value, key.data() + key.size() - sizeof value, sizeof value);
  return big_endian(value);
}

std::string team_queue_key(std::uint32_t partition_id, std::uint64_t seq) {
  return as_key(partition_id) + as_key(seq);
}

std::uint32_t partition_of_queue_key(std::string_view key) {
  std::uint32_t id = 0;
  if (key.size() >= sizeof id)
    std::memcpy(&id, key.data(), sizeof id);
  return big_endian(id);
}

std::string count_key(std::string_view event_type) {
  return std::string(1, 'c').append(event_type);
}

std::string_view id_key(const ulid& id) {
  return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}

std::string project_row_key(std::string_view project) {
  return std::string(1, 'p').append(project);
}

std::string partition_key(std::string_view team, std::string_view project) {
  std::string key(team);
  if (!project.empty())
    key.append(1, '\0').append(project);
  return key;
}

std::string_view team_of_partition(std::string_view key) {
  return key.substr(0, key.find('\0'));
}

std::string_view project_of_partition(std::string_view key) {
  const auto zero = key.find('\0');
  if (zero == std::string_view::npos)
    return {};
  key.remove_prefix(zero + 1);
  return key.substr(0, key.find('\0'));
}

std::string further_partition_key(std::string_view team, std::string_view project,
                                  std::uint32_t partition_id) {
  std::string key(team);
  key.append(1, '\0').append(project).append(1, '\0').append(as_key(partition_id));
  return key;
}

} // namespace spec_kitty
