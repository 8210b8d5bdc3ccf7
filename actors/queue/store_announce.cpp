// What is announced once per home, such as that a feature and its work packages exist. Rows of
// the main table, each written in the transaction of its event, whose id it holds (16 bytes; older
// rows hold nothing).
#include "actors/queue/store_rows.hpp"

#include <sys/types.h>

#include <sha256.h>

#include <algorithm>
#include <array>

namespace spec_kitty {

std::string announcement_key(std::string_view project, std::string_view feature,
                             std::string_view wp_id) {
  std::string text(project);
  text.append(1, '\0').append(feature).append(1, '\0').append(wp_id);
  SHA2_CTX digest;
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> bytes{};
  SHA256Init(&digest);
  SHA256Update(&digest, reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  SHA256Final(bytes.data(), &digest);
  return "a" + std::string(reinterpret_cast<const char*>(bytes.data()), 16);
}

namespace store_detail {

namespace {

std::string id_in(std::string_view row) {
  ulid id;
  if (row.size() != id.bytes.size())
    return {};
  std::copy(row.begin(), row.end(), id.bytes.begin());
  return to_string(id);
}

} // namespace

std::optional<std::string> queue_rows::announced_as(const std::vector<std::string>& keys) const {
  for (const auto& key : keys)
    if (const auto row = txn.get(tables.main, key))
      return id_in(*row);
  return std::nullopt;
}

void queue_rows::remember_announcement(const std::vector<std::string>& keys, const ulid& event) {
  if (!keys.empty())
    txn.put(tables.main, keys.front(), id_key(event));
}

} // namespace store_detail

} // namespace spec_kitty
