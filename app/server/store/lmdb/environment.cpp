#include "app/server/store/lmdb/environment.hpp"

#include "util/fsync.hpp"
#include "util/timestamp.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <new>
#include <utility>

namespace spec_kitty::server::store {

namespace fs = std::filesystem;

namespace {

constexpr MDB_dbi max_tables = 32;
/// A slot for each thread that reads; a call of accounts reads on its caller's thread.
constexpr off_t store_lock_file_bytes = 40960;
/// No thread-bound readers, as any thread may read; no read-ahead, as the store may be larger than
/// memory and look-ups are scattered.
constexpr unsigned store_flags = MDB_NOTLS | MDB_NORDAHEAD;

constexpr std::array<std::pair<const char*, MDB_dbi store_tables::*>, 19> table_list = {{
    {"meta", &store_tables::meta},
    {"heads", &store_tables::heads},
    {"blocks", &store_tables::blocks},
    {"ids", &store_tables::ids},
    {"stamps", &store_tables::stamps},
    {"teams", &store_tables::teams},
    {"slugs", &store_tables::slugs},
    {"users", &store_tables::users},
    {"user_names", &store_tables::user_names},
    {"members", &store_tables::members},
    {"sessions", &store_tables::sessions},
    {"tokens", &store_tables::tokens},
    {"token_hashes", &store_tables::token_hashes},
    {"links", &store_tables::links},
    {"addresses", &store_tables::addresses},
    {"audit", &store_tables::audit},
    {"types", &store_tables::types},
    {"devices", &store_tables::devices},
    {"used_stamps", &store_tables::used_stamps},
}};

constexpr std::string_view schema_key = "schema";
constexpr std::string_view opened_key = "opened";

void demand(int rc, const char* doing) {
  if (rc != MDB_SUCCESS)
    throw lmdb_error(rc, doing);
}

/// Reserves the blocks of LMDB's lock file: a hole in it would be a SIGBUS on a full disk.
result<void> reserve_lock_file(const fs::path& file) {
  auto opened = open_regular(file, O_RDWR | O_CREAT, last_link::refuse);
  if (!opened)
    return opened.error();
  if (const int error = ::posix_fallocate(opened->get(), 0, store_lock_file_bytes); error != 0)
    return system_failure(error, "cannot reserve " + file.string());
  return {};
}

std::uint64_t size_of_file(const fs::path& file) {
  struct stat found {};
  return ::stat(file.c_str(), &found) == 0 ? static_cast<std::uint64_t>(found.st_size) : 0;
}

} // namespace

result<std::unique_ptr<lmdb_environment>>
lmdb_environment::open(const fs::path& folder, std::uint64_t map_bytes, opening how) {
  std::unique_ptr<lmdb_environment> out(new lmdb_environment(folder, map_bytes));
  if (auto locked = out->lock_folder(how); !locked)
    return locked.error();
  if (auto opened = out->open_env(); !opened)
    return opened.error();
  if (auto ready = out->prepare_tables(how); !ready)
    return ready.error();
  if (const int error = fsync_parents(folder / "data.mdb"); error != 0)
    return system_failure(error, "cannot make the folder " + folder.string() + " durable");
  return out;
}

lmdb_environment::~lmdb_environment() {
  close_env();
}

result<void> lmdb_environment::lock_folder(opening how) {
  const fs::path data = folder_ / "data.mdb";
  if (how == opening::fresh) {
    if (auto made = make_private_folder(folder_); !made)
      return made;
    if (fs::exists(data))
      return failure{ec::bad_input, "there is a store in " + folder_.string() + " already", {}};
  } else if (!fs::exists(data)) {
    return failure{ec::not_found, "there is no store in " + folder_.string(),
                   "run: spec-kitty-server init"};
  }
  auto locked = file_lock::take(folder_ / "owner.lock", std::chrono::milliseconds(0));
  if (!locked)
    return locked.error();
  if (!*locked)
    return failure{ec::already_running,
                   "another process has the store in " + folder_.string() + " open",
                   "stop that server first, or talk to it over its admin.sock"};
  owner_ = std::move(*locked);
  return reserve_lock_file(folder_ / "lock.mdb");
}

result<void> lmdb_environment::open_env() {
  try {
    demand(mdb_env_create(&env_), "create the environment");
    demand(mdb_env_set_maxdbs(env_, max_tables), "set the number of tables");
    demand(mdb_env_set_mapsize(env_, map_bytes_), "set the size of the map");
    const int rc = mdb_env_open(env_, folder_.c_str(), store_flags, 0600);
    if (rc == ENOMEM)
      return failure{ec::store_unusable,
                     "cannot reserve " + std::to_string(map_bytes_ >> 30) +
                         " GiB of address space for the store in " + folder_.string(),
                     "remove the limit on address space (ulimit -v, LimitAS=)"};
    demand(rc, "open the store");
    return check_size();
  } catch (...) {
    return failure_of_exception();
  }
}

result<void> lmdb_environment::check_size() const {
  const std::uint64_t used = bytes_of_pages();
  if (const std::uint64_t there = file_bytes(); there < used)
    return failure{ec::store_corrupt,
                   "the store in " + folder_.string() + " is cut: " + std::to_string(there) +
                       " bytes of " + std::to_string(used),
                   "restore a backup: spec-kitty-server restore FILE"};
  return {};
}

result<void> lmdb_environment::prepare_tables(opening how) {
  return write([&](lmdb_txn& txn) -> result<void> {
    for (const auto& [name, table] : table_list) {
      const int rc = mdb_dbi_open(txn.get(), name, MDB_CREATE, &(tables_.*table));
      demand(rc, "open a table");
    }
    const auto found = txn.get(tables_.meta, schema_key);
    if (!found && how == opening::existing)
      return failure{ec::store_corrupt, "the store in " + folder_.string() + " has no schema",
                     "restore a backup: spec-kitty-server restore FILE"};
    const std::uint32_t schema = found ? row_reader(*found).u32() : store_schema;
    if (schema > store_schema)
      return failure{ec::store_version,
                     "the store in " + folder_.string() + " has schema " + std::to_string(schema) +
                         "; this program knows schemas up to " + std::to_string(store_schema),
                     "install the version of spec-kitty-server that wrote it, or a newer one"};
    std::string row;
    if (!found) {
      row_writer(row).u32(schema);
      txn.put(tables_.meta, schema_key, row);
      row.clear();
    }
    // Changes a page in any case: this commit waits for the disk, and for all that was written
    // before it.
    row_writer(row).i64(wall_clock_now());
    txn.put(tables_.meta, opened_key, row);
    return {};
  });
}

bool lmdb_environment::refuses_everything() const {
  MDB_txn* txn = nullptr;
  const int rc = mdb_txn_begin(env_, nullptr, MDB_RDONLY, &txn);
  if (rc == MDB_SUCCESS)
    mdb_txn_abort(txn);
  return rc == MDB_PANIC;
}

result<void> lmdb_environment::reopen() {
  const std::unique_lock alone(reopening_);
  close_env();
  if (auto opened = open_env(); !opened) {
    close_env();
    return opened;
  }
  try {
    lmdb_txn txn(env_, 0);
    for (const auto& [name, table] : table_list)
      demand(mdb_dbi_open(txn.get(), name, 0, &(tables_.*table)), "open a table");
    std::string row;
    row_writer(row).i64(wall_clock_now());
    txn.put(tables_.meta, opened_key, row);
    txn.commit();
    return {};
  } catch (...) {
    failure why = failure_of_exception();
    close_env(); // the next write tries again: nothing may be read before this one succeeds
    return why;
  }
}

void lmdb_environment::close_env() {
  if (env_ != nullptr)
    mdb_env_close(env_);
  env_ = nullptr;
}

failure lmdb_environment::failure_of(int rc, const char* doing) const {
  const std::string what = "the store in " + folder_.string() + ": " + lmdb_error(rc, doing).what();
  switch (rc) {
  case MDB_MAP_FULL:
  case ENOSPC:
  case EDQUOT:
  case EFBIG:
  case EIO: // a write that a full disk cut short shows as this
    return {ec::store_full, what, "free some disk space; the server then continues by itself"};
  case MDB_READERS_FULL:
    return {ec::store_busy, what, "try again"};
  case MDB_CORRUPTED:
  case MDB_INVALID:
  case MDB_PAGE_NOTFOUND:
  case MDB_PANIC:
  case MDB_VERSION_MISMATCH:
  case MDB_INCOMPATIBLE:
  case MDB_NOTFOUND:
  case MDB_BAD_TXN: // this and the next: what LMDB meets on a damaged page
  case MDB_CURSOR_FULL:
  case MDB_PAGE_FULL:
    return {ec::store_corrupt, what, "run: spec-kitty-server check; then restore a backup"};
  default:
    if (rc > 0)
      return system_failure(rc, "the store in " + folder_.string());
    return {ec::internal, what, "this is a defect of spec-kitty-server; please report it"};
  }
}

failure lmdb_environment::failure_of_exception() const {
  try {
    throw;
  } catch (const lmdb_error& error) {
    failure why = failure_of(error.rc(), "use it");
    why.message = "the store in " + folder_.string() + ": " + error.what();
    return why;
  } catch (const damaged_row& error) {
    return {ec::store_corrupt, "the store in " + folder_.string() + ": " + error.what(),
            "run: spec-kitty-server check; then restore a backup"};
  } catch (const std::bad_alloc&) {
    return {ec::overloaded, "there is not enough memory for the store", "try again"};
  } catch (const std::exception& error) {
    return {ec::internal, std::string("the store: ") + error.what(), {}};
  }
}

int lmdb_environment::copy_to(int fd) const {
  const std::shared_lock stay_open(reopening_);
  return env_ == nullptr ? MDB_PANIC : mdb_env_copyfd2(env_, fd, MDB_CP_COMPACT);
}

std::uint64_t lmdb_environment::used_bytes() const {
  const std::shared_lock stay_open(reopening_);
  return env_ == nullptr ? 0 : bytes_of_pages();
}

std::uint64_t lmdb_environment::bytes_of_pages() const {
  MDB_envinfo info{};
  MDB_stat stat{};
  mdb_env_info(env_, &info);
  mdb_env_stat(env_, &stat);
  return (static_cast<std::uint64_t>(info.me_last_pgno) + 1) * stat.ms_psize;
}

std::uint64_t lmdb_environment::file_bytes() const {
  return size_of_file(folder_ / "data.mdb");
}

std::optional<failure> lmdb_environment::last_trouble() const {
  const std::lock_guard hold(trouble_guard_);
  return trouble_;
}

failure lmdb_environment::note(failure why) {
  const std::lock_guard hold(trouble_guard_);
  trouble_ = why;
  return why;
}

void lmdb_environment::note_success() {
  const std::lock_guard hold(trouble_guard_);
  trouble_.reset();
}

} // namespace spec_kitty::server::store
