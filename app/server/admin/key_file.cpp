#include "app/server/admin/key_file.hpp"

#include "util/files.hpp"
#include "util/random.hpp"
#include "util/text.hpp"

#include <sys/stat.h>

#include <array>

namespace spec_kitty::server {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t max_key_file_bytes = 64 << 10;

std::string drawn_key() {
  std::array<std::uint8_t, signing_key_bytes> bytes{};
  fill_random(bytes);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

result<void> check_key_file_mode(const fs::path& file) {
  struct stat found {};
  if (::lstat(file.c_str(), &found) == 0 && (found.st_mode & 077U) != 0)
    return failure{ec::bad_config, file.string() + " holds signing keys, and others can read it",
                   "chmod 600 " + shell_word(file.string()) +
                       ", then draw new keys: spec-kitty-server keys rotate"};
  return {};
}

} // namespace

result<signing_keys> read_key_file(const fs::path& file, epoch_us now) {
  if (auto ok = check_key_file_mode(file); !ok)
    return ok.error();
  const auto text = read_private_file(file, max_key_file_bytes);
  if (!text)
    return text.error();
  if (*text) {
    auto keys = signing_keys::from_json(**text);
    if (!keys) // never the words of a parser, which could quote a key
      return failure{ec::bad_config, file.string() + " is not a file of signing keys",
                     "move it away; the server draws new keys, and clients refresh their tokens"};
    return keys;
  }
  auto first = signing_keys::first(drawn_key(), now / 1'000'000);
  if (auto written = replace_file(file, first.to_json()); !written)
    return written.error();
  return first;
}

result<signing_keys> rotate_key_file(const fs::path& file, epoch_us now) {
  auto keys = read_key_file(file, now);
  if (!keys)
    return keys;
  keys->rotate(drawn_key(), now / 1'000'000);
  if (auto written = replace_file(file, keys->to_json()); !written)
    return written.error();
  return keys;
}

} // namespace spec_kitty::server
