// What is said when the store cannot be used, and the remedy.
#include "actors/queue/environment.hpp"
#include "util/text.hpp"

#include <cerrno>

namespace spec_kitty {

namespace fs = std::filesystem;

namespace {

std::atomic<int> uses_under_way{0};

} // namespace

store_use::store_use() {
  ++uses_under_way;
}

store_use::~store_use() {
  --uses_under_way;
}

bool store_use::is_under_way() {
  return uses_under_way > 0;
}

bool is_usable_lmdb(int major, int minor, int patch) {
  return !(major == 0 && minor == 9 && patch >= 26 && patch <= 31);
}

std::string repair_hint(const fs::path& folder) {
  return "run: spec-kitty --home " + shell_word(folder.parent_path().string()) + " sync repair";
}

failure damaged_store(const fs::path& folder, const std::string& why) {
  return {ec::store_corrupt, "the store in " + folder.string() + " is damaged: " + why,
          repair_hint(folder)};
}

failure to_failure(const lmdb_error& error, const fs::path& folder) {
  const std::string what = "the store in " + folder.string() + ": " + error.what();
  switch (error.rc()) {
  case MDB_MAP_FULL:
  case ENOSPC:
  case EDQUOT:
    return {ec::store_full, what, "free some disk space, then run the command again"};
  case EFBIG:
    return {ec::store_full, what,
            "raise the limit on file sizes (ulimit -f), then run the command again"};
  case EIO: // what a full disk often shows as
    return {ec::store_full, what, "check that the disk has space and is healthy"};
  case MDB_CORRUPTED:
  case MDB_INVALID:
  case MDB_PAGE_NOTFOUND:
  case MDB_PANIC:
  case MDB_VERSION_MISMATCH:
  case MDB_INCOMPATIBLE:
  case MDB_NOTFOUND:
  case MDB_BAD_TXN: // this one and the next four: what LMDB meets on a damaged page
  case MDB_BAD_VALSIZE:
  case MDB_CURSOR_FULL:
  case MDB_KEYEXIST:
  case MDB_PAGE_FULL:
    return {ec::store_corrupt, what, repair_hint(folder)};
  case MDB_READERS_FULL:
    return {ec::store_busy, what, "too many readers; run the command again"};
  default:
    if (error.rc() > 0)
      return system_failure(error.rc(), "the store in " + folder.string());
    return {ec::internal, what, "this is a defect of spec-kitty; please report it"};
  }
}

} // namespace spec_kitty
