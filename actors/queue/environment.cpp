#include "actors/queue/environment.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <map>
#include <utility>

namespace spec_kitty {

namespace fs = std::filesystem;

namespace {

constexpr off_t least_store_bytes = 8192; ///< two meta pages; anything shorter was never a store
constexpr off_t lock_file_bytes = 8192;
constexpr unsigned lmdb_flags = MDB_NOTLS;
constexpr MDB_dbi most_tables = 16;

constexpr std::array<std::pair<const char*, MDB_dbi store_tables::*>, 7> table_names = {{
    {"ev", &store_tables::events},
    {"ids", &store_tables::ids},
    {"att", &store_tables::attempts},
    {"dead", &store_tables::dead},
    {"lz", &store_tables::leases},
    {"tm", &store_tables::teams},
    {"tq", &store_tables::team_queue},
}};

/// What this process has open. The inode of the `queue` folder names the store.
struct registry {
  std::mutex guard;
  std::map<std::pair<dev_t, ino_t>, std::weak_ptr<environment>> open;
};

registry& the_registry() {
  static registry one;
  return one;
}

off_t size_of(const fs::path& file) {
  struct stat found {};
  return ::stat(file.c_str(), &found) == 0 ? found.st_size : -1;
}

/// Reserves the lock file's blocks: a hole in it would be a SIGBUS on a full disk.
void reserve(const fs::path& file, off_t bytes) {
  const unique_fd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd)
    throw lmdb_error(errno, "make the lock file");
  if (const int rc = ::posix_fallocate(fd.get(), 0, bytes); rc != 0)
    throw lmdb_error(rc, "reserve the lock file");
}

void sync_path(const fs::path& path) {
  const unique_fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0)
    throw lmdb_error(errno, "sync the new store");
}

class outer_hold {
public:
  explicit outer_hold(int fd) : fd_(fd) {}
  ~outer_hold() { ::flock(fd_, LOCK_UN); }
  outer_hold(const outer_hold&) = delete;
  outer_hold& operator=(const outer_hold&) = delete;

private:
  int fd_;
};

} // namespace

bool is_usable_lmdb(int major, int minor, int patch) {
  return !(major == 0 && minor == 9 && patch >= 26 && patch <= 31);
}

failure to_failure(const lmdb_error& error, const fs::path& folder) {
  const std::string what = "the store in " + folder.string() + ": " + error.what();
  switch (error.rc()) {
  case MDB_MAP_FULL:
  case ENOSPC:
  case EDQUOT:
    return {ec::store_full, what, "free some disk space, then run the command again"};
  case EIO: // what a full disk often shows as
    return {ec::store_full, what, "check that the disk has space and is healthy"};
  case MDB_CORRUPTED:
  case MDB_INVALID:
  case MDB_PAGE_NOTFOUND:
  case MDB_PANIC:
  case MDB_VERSION_MISMATCH:
  case MDB_INCOMPATIBLE:
  case MDB_NOTFOUND:
    return {ec::store_corrupt, what,
            "move " + (folder / "env").string() + " away to start a new store; keep it for rescue"};
  case MDB_READERS_FULL:
    return {ec::store_busy, what, "too many readers; run the command again"};
  default:
    if (error.rc() > 0)
      return system_failure(error.rc(), "the store in " + folder.string());
    return {ec::internal, what, "this is a defect of spec-kitty; please report it"};
  }
}

environment::environment(environment_options options, open_mode mode)
    : options_(std::move(options)), mode_(mode), opened_by_(::getpid()) {}

environment::~environment() {
  if (opened_by_ == ::getpid()) // a forked child must leave its parent's environment alone
    close_env();
}

result<std::shared_ptr<environment>> environment::open(const environment_options& options,
                                                       open_mode mode,
                                                       const initialiser& initialise) {
  int major = 0;
  int minor = 0;
  int patch = 0;
  mdb_version(&major, &minor, &patch);
  if (!is_usable_lmdb(major, minor, patch))
    return failure{ec::store_unusable,
                   std::string("this LMDB (") + mdb_version(nullptr, nullptr, nullptr) +
                       ") breaks other processes' locks when it closes",
                   "install LMDB up to 0.9.25, or 0.9.32 and later"};
  if (mode == open_mode::write)
    if (auto made = make_private_folder(options.folder); !made)
      return made.error();

  struct stat found {};
  if (::stat(options.folder.c_str(), &found) != 0) {
    if (errno == ENOENT)
      return failure{ec::not_found, "there is no store in " + options.folder.string(), {}};
    return system_failure(errno, "cannot reach " + options.folder.string());
  }
  registry& known = the_registry();
  const std::lock_guard hold(known.guard);
  auto& slot = known.open[{found.st_dev, found.st_ino}];
  if (auto shared = slot.lock()) {
    if (auto usable = shared->check_process(); !usable)
      return usable.error();
    if (shared->mode_ == open_mode::write || mode == open_mode::read)
      return shared;
    return failure{ec::store_unusable, "the store is open for reading in this process",
                   "open it for writing first"};
  }
  std::shared_ptr<environment> fresh(new environment(options, mode));
  if (auto started = fresh->start(initialise); !started)
    return started.error();
  slot = fresh;
  return fresh;
}

result<void> environment::start(const initialiser& initialise) {
  const fs::path lock = options_.folder / "lock";
  const bool writes = mode_ == open_mode::write;
  outer_ = unique_fd(writes ? ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)
                            : ::open(lock.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!outer_ && errno == ENOENT)
    return failure{ec::not_found, "there is no store in " + options_.folder.string(), {}};
  if (!outer_)
    return system_failure(errno, "cannot open " + lock.string());
  // A reader goes on without the lock when a writer is stuck: a snapshot needs none, and the
  // status must show just then.
  if (auto locked = take_outer_lock(); !locked && writes)
    return locked.error();
  const outer_hold hold(outer_.get());
  try {
    const fs::path place = options_.folder / "env";
    if (size_of(place / "data.mdb") < least_store_bytes) {
      if (!writes)
        return failure{ec::not_found, "there is no store in " + options_.folder.string(), {}};
      if (auto made = create(initialise); !made)
        return made;
    }
    if (writes && size_of(place / "lock.mdb") < lock_file_bytes)
      reserve(place / "lock.mdb", lock_file_bytes); // not open in this process: the registry knows
    open_env(place, writes ? lmdb_flags : lmdb_flags | MDB_RDONLY);
    int stale = 0;
    if (writes)
      mdb_reader_check(env_, &stale);
    open_tables(MDB_RDONLY);
  } catch (const lmdb_error& error) {
    close_env();
    return to_failure(error, options_.folder);
  }
  return {};
}

result<void> environment::create(const initialiser& initialise) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(options_.folder, ignored))
    if (entry.path().filename().string().starts_with("env.new."))
      fs::remove_all(entry.path(), ignored); // left by a creator that was killed; we hold the lock
  const fs::path fresh = options_.folder / ("env.new." + std::to_string(::getpid()));
  const fs::path place = options_.folder / "env";
  try {
    if (auto made = make_private_folder(fresh); !made)
      return made;
    reserve(fresh / "lock.mdb", lock_file_bytes);
    open_env(fresh, lmdb_flags);
    {
      lmdb_txn txn(env_, 0);
      tables_ = {};
      for (const auto& [name, slot] : table_names)
        if (const int rc = mdb_dbi_open(txn.get(), name, MDB_CREATE, &(tables_.*slot)); rc != 0)
          throw lmdb_error(rc, "make a table");
      mdb_dbi_open(txn.get(), nullptr, 0, &tables_.main);
      initialise(txn, tables_);
      txn.commit();
    }
    close_env();
    sync_path(fresh / "data.mdb");
    sync_path(fresh);
    fs::remove_all(place, ignored); // at most a stump under 8192 bytes that never held an event
    if (::rename(fresh.c_str(), place.c_str()) != 0)
      throw lmdb_error(errno, "put the new store in place");
    sync_path(options_.folder);
    return {};
  } catch (const lmdb_error& error) {
    close_env();
    fs::remove_all(fresh, ignored);
    return to_failure(error, options_.folder);
  }
}

void environment::open_env(const fs::path& folder, unsigned flags) {
  for (map_bytes_ = options_.map_bytes;;
       map_bytes_ = map_bytes_ > (64U << 20) ? map_bytes_ / 4 : 0) {
    if (const int rc = mdb_env_create(&env_); rc != 0)
      throw lmdb_error(rc, "open");
    mdb_env_set_maxdbs(env_, most_tables);
    mdb_env_set_mapsize(env_, map_bytes_);
    const int rc = mdb_env_open(env_, folder.c_str(), flags, 0600);
    if (rc == 0)
      break;
    close_env();
    if (rc != ENOMEM || map_bytes_ <= (64U << 20))
      throw lmdb_error(rc, "open");
  }
  int fd = -1;
  mdb_env_get_fd(env_, &fd);
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  MDB_envinfo info{};
  mdb_env_info(env_, &info);
  map_bytes_ = info.me_mapsize;
}

void environment::open_tables(unsigned flags) {
  lmdb_txn txn(env_, flags);
  for (const auto& [name, slot] : table_names)
    if (const int rc = mdb_dbi_open(txn.get(), name, 0, &(tables_.*slot)); rc != 0)
      throw lmdb_error(rc, "open a table");
  if (const int rc = mdb_dbi_open(txn.get(), nullptr, 0, &tables_.main); rc != 0)
    throw lmdb_error(rc, "open a table");
  txn.commit(); // keeps the handles
}

void environment::close_env() {
  if (env_ != nullptr)
    mdb_env_close(env_);
  env_ = nullptr;
}

result<void> environment::check_process() const {
  if (opened_by_ == ::getpid())
    return {};
  return failure{ec::store_unusable, "the store was opened before this process was forked",
                 "open it again in the child process"};
}

result<void> environment::take_outer_lock() {
  const auto granted = poll_lock(outer_.get(), options_.busy_timeout);
  if (!granted)
    return granted.error();
  if (*granted)
    return {};
  return failure{ec::store_busy,
                 "another process has held the store in " + options_.folder.string() +
                     " for longer than " + std::to_string(options_.busy_timeout.count()) + " ms",
                 "see who holds it with: fuser " + (options_.folder / "lock").string()};
}

bool environment::settle_failed_commit(std::size_t id) {
  const std::unique_lock alone(transactions_);
  close_env();
  open_env(options_.folder / "env", lmdb_flags);
  open_tables(MDB_RDONLY);
  MDB_envinfo info{};
  mdb_env_info(env_, &info);
  if (info.me_last_txnid < id)
    return false;
  if (const int rc = mdb_env_sync(env_, 1); rc != 0)
    throw lmdb_error(rc, "sync");
  return true;
}

result<void> environment::run_write(const txn_body& body) {
  if (auto usable = check_process(); !usable)
    return usable;
  const std::unique_lock thread(writer_, options_.busy_timeout);
  if (!thread)
    return failure{ec::store_busy, "another thread holds the store", "try again"};
  if (auto locked = take_outer_lock(); !locked)
    return locked;
  const outer_hold hold(outer_.get());
  try {
    if (env_ == nullptr) // an earlier failed commit could not open it again
      settle_failed_commit(0);
    for (bool again = true;; again = false) {
      std::size_t id = 0;
      try {
        const std::shared_lock shared(transactions_);
        lmdb_txn txn(env_, 0);
        id = txn.id();
        body(txn);
        txn.commit();
        return {};
      } catch (const lmdb_error& error) {
        if (error.rc() == MDB_MAP_RESIZED && again) {
          const std::unique_lock alone(transactions_);
          mdb_env_set_mapsize(env_, 0);
          continue;
        }
        if (id == 0)
          throw;
        // The transaction began. Whatever failed, a fresh look says what is on disk.
        if (settle_failed_commit(id))
          return {};
        if (!again)
          throw;
      }
    }
  } catch (const lmdb_error& error) {
    return to_failure(error, options_.folder);
  }
}

result<void> environment::run_read(const txn_body& body) {
  if (auto usable = check_process(); !usable)
    return usable;
  for (bool again = true;; again = false) {
    try {
      const std::shared_lock shared(transactions_);
      if (env_ == nullptr)
        throw lmdb_error(EIO, "open");
      lmdb_txn txn(env_, MDB_RDONLY);
      body(txn);
      return {};
    } catch (const lmdb_error& error) {
      if (error.rc() != MDB_MAP_RESIZED || !again)
        return to_failure(error, options_.folder);
      const std::unique_lock alone(transactions_);
      mdb_env_set_mapsize(env_, 0);
    }
  }
}

} // namespace spec_kitty
