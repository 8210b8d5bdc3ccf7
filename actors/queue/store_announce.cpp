// What has been announced once and for all: a feature and its work packages exist. Rows of the
// main table without a value, so that saying it again costs a look.
#include "actors/queue/store.hpp"

#include <sys/types.h>

#include <sha256.h>

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

result<announced_answer> store::announced(const announced_question& asked) {
  return env_->read([&](lmdb_txn& txn, const store_tables& tables) {
    announced_answer answer;
    for (const auto& key : asked.keys)
      answer.known.push_back(txn.get(tables.main, key) ? 1 : 0);
    return answer;
  });
}

result<announce_done> store::announce(const announce_request& request) {
  return env_->write([&](lmdb_txn& txn, const store_tables& tables) {
    for (const auto& key : request.keys)
      txn.put(tables.main, key, {});
    return announce_done{};
  });
}

} // namespace spec_kitty
