#include "actors/queue/environment.hpp"

#include "actors/clock/mirror.hpp"
#include "actors/queue/file_check.hpp"
#include "actors/queue/schema.hpp"
#include "config/home_check.hpp"
#include "util/file_system.hpp"
#include "util/fsync.hpp"
#include "util/memory_headroom.hpp"
#include "util/process_generation.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <condition_variable>
#include <map>
#include <thread>
#include <utility>

namespace spec_kitty {

namespace fs = std::filesystem;

namespace {

constexpr off_t min_store_bytes = 8192; ///< two meta pages; anything shorter was never a store
constexpr off_t lock_file_bytes = 8192;
constexpr unsigned lmdb_flags = MDB_NOTLS;
constexpr MDB_dbi max_tables = 16;
constexpr std::chrono::milliseconds reader_poll{1};

constexpr std::array<std::pair<const char*, MDB_dbi store_tables::*>, 6> table_names = {{
    {"ev", &store_tables::events},
    {"ids", &store_tables::ids},
    {"att", &store_tables::attempts},
    {"dead", &store_tables::dead},
    {"lz", &store_tables::leases},
    {"tq", &store_tables::team_queue},
}};

/// The stores that this process has open, by the inode of the `queue` folder. An environment that
/// its last owner released is still open for a moment; it must not be opened again until then.
struct registry {
  struct slot {
    std::weak_ptr<environment> shared;
    bool open = false;
  };
  std::mutex guard;
  std::condition_variable closed;
  std::map<std::pair<dev_t, ino_t>, slot> places;
};

registry& the_registry() {
  static registry* const shared_registry =
      new registry; // never destroyed: a static store may end after it
  return *shared_registry;
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

/// True when the store holds only what its creation wrote.
bool was_never_written(MDB_env* env) {
  MDB_envinfo info{};
  mdb_env_info(env, &info);
  return info.me_last_txnid <= 1;
}

/// Makes every name that leads to the store durable: done by each opener until something is
/// recorded.
void sync_names(const fs::path& folder) {
  sync_path(folder);
  if (const int error = fsync_parents(folder); error != 0)
    throw lmdb_error(error, "sync the folders of the store");
}

/// A reader is refused only when there is something to read.
result<void> check_place(const environment_options& options, open_mode mode) {
  const fs::path& folder = options.folder;
  if (mode == open_mode::read)
    return size_of(folder / "lock") < 0 ? result<void>{} : check_file_system(folder);
  if (!options.home_trusted) {
    if (auto ok = check_trusted(folder.parent_path()); !ok)
      return ok;
    if (auto ok = check_file_system(folder); !ok)
      return ok;
  }
  return make_private_folder(folder);
}

} // namespace

environment::environment(environment_options options, open_mode mode)
    : options_(std::move(options)), mode_(mode), opened_in_(process_generation()),
      data_path_((options_.folder / "env" / "data.mdb").string()) {}

environment::~environment() {
  if (opened_in_ == process_generation()) // a forked child leaves its parent's environment alone
    close_env();
  else if (remover_.joinable())
    remover_.detach(); // a thread of the parent
  if (!registered_as_)
    return;
  registry& known = the_registry();
  const std::lock_guard hold(known.guard);
  known.places[*registered_as_].open = false;
  known.closed.notify_all();
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
  if (auto ok = check_place(options, mode); !ok)
    return ok.error();

  struct stat found {};
  if (::stat(options.folder.c_str(), &found) != 0) {
    if (errno == ENOENT)
      return failure{ec::not_found, "there is no store in " + options.folder.string(), {}};
    return system_failure(errno, "cannot reach " + options.folder.string());
  }
  if (!S_ISDIR(found.st_mode))
    return make_private_folder(options.folder).error(); // says what stands there
  registry& known = the_registry();
  const std::pair place(found.st_dev, found.st_ino);
  const auto until = std::chrono::steady_clock::now() + options.busy_timeout;
  std::unique_lock hold(known.guard);
  auto& slot = known.places[place];
  for (;;) {
    std::shared_ptr<environment> shared;
    known.closed.wait(hold, [&] { return (shared = slot.shared.lock()) != nullptr || !slot.open; });
    if (!shared)
      break;
    const auto usable = shared->check_process();
    const bool fits = shared->mode_ == open_mode::write || mode == open_mode::read;
    hold.unlock(); // a destructor of the last owner takes it
    if (!usable)
      return usable.error();
    if (fits)
      return shared;
    shared.reset(); // this process has it open for reading, for a moment
    if (std::chrono::steady_clock::now() >= until)
      return failure{ec::store_busy, "the store is open for reading in this process", "try again"};
    std::this_thread::sleep_for(reader_poll);
    hold.lock();
  }
  // Other openers of this store wait from now on; other stores of this process do not.
  slot.open = true;
  hold.unlock();
  std::shared_ptr<environment> fresh(new environment(options, mode));
  const auto started = fresh->start(initialise);
  hold.lock();
  if (started) {
    fresh->registered_as_ = place;
    slot = {fresh, true};
  } else {
    slot.open = false;
  }
  known.closed.notify_all();
  hold.unlock(); // `fresh` may be the last owner
  return started ? result<std::shared_ptr<environment>>(std::move(fresh)) : started.error();
}

result<void> environment::start(const initialiser& initialise) {
  const store_use inside;
  const fs::path lock = options_.folder / "lock";
  const bool writes = mode_ == open_mode::write;
  auto opened = open_regular(lock, writes ? O_RDWR | O_CREAT : O_RDONLY, last_link::refuse);
  if (!opened)
    return opened.error();
  outer_ = std::move(*opened);
  if (!outer_)
    return failure{ec::not_found, "there is no store in " + options_.folder.string(), {}};
  note_follower();
  // A reader continues without the lock when a writer is stuck: a snapshot needs no lock, and the
  // status must be visible just then.
  const auto locked = take_outer_lock();
  if (!locked && writes)
    return locked.error();
  const flock_hold hold(outer_.get());
  try {
    const fs::path place = options_.folder / "env";
    for (const char* name : {"data.mdb", "lock.mdb"})
      if (auto regular = check_regular(place / name); !regular)
        return regular.error();
    if (auto whole = look_at(place, initialise, locked.ok()); !whole)
      return whole;
    if (writes && size_of(place / "lock.mdb") < lock_file_bytes)
      reserve(place / "lock.mdb", lock_file_bytes); // not open in this process: the registry knows
    // Without a lock file no process has the store open (a copy, for example): a reader makes none.
    const unsigned no_lock = size_of(place / "lock.mdb") < 0 ? MDB_NOLOCK : 0;
    open_current(writes ? 0 : MDB_RDONLY | no_lock);
    if (writes && was_never_written(env_))
      sync_names(options_.folder);
    // LMDB may leave pages at the very end unwritten when nothing refers to them.
    if (const auto [needed, there] = needed_and_there(); there < needed && writes)
      (void)!::ftruncate(data_fd(), needed);
    int stale = 0;
    if (writes)
      mdb_reader_check(env_, &stale);
    if (auto known = check_version(); !known) {
      close_env();
      return known;
    }
    open_tables(MDB_RDONLY);
  } catch (const lmdb_error& error) {
    close_env();
    return to_failure(error, options_.folder);
  }
  return {};
}

result<void> environment::look_at(const fs::path& place, const initialiser& initialise,
                                  bool locked) {
  const fs::path data = place / "data.mdb";
  if (size_of(data) >= min_store_bytes) {
    auto wrong = damage_in(data, options_.look_through);
    // A writer that did not let go of its lock may have changed pages meanwhile.
    if (wrong && !wrong->empty() && !locked)
      wrong = damage_in(data, options_.look_through);
    if (!wrong)
      return wrong.error();
    return wrong->empty() ? result<void>{} : damaged_store(options_.folder, *wrong);
  }
  // A store comes into its place as a whole. What is too short there was one, if it ever counted.
  std::error_code ignored;
  const auto mirror =
      fs::exists(place, ignored) ? read_mirror(options_.folder.parent_path()) : std::nullopt;
  if (mirror && mirror->value > 0)
    return damaged_store(options_.folder, "its data file is missing or was emptied; clock.json "
                                          "says that there was one");
  if (mode_ == open_mode::write)
    return create(initialise);
  return failure{ec::not_found, "there is no store in " + options_.folder.string(), {}};
}

result<void> environment::create(const initialiser& initialise) {
  remove_leftovers_now(); // we hold the lock
  const fs::path fresh = unfinished_name();
  const fs::path place = options_.folder / "env";
  if (auto made = make_private_folder(fresh); !made)
    return made;
  std::error_code ignored;
  try {
    build(fresh, initialise);
    fs::remove_all(place, ignored); // at most a stump under 8192 bytes that never held an event
    if (::rename(fresh.c_str(), place.c_str()) != 0)
      throw lmdb_error(errno, "put the new store in place");
    return {}; // each opener syncs its names, and this process is one
  } catch (const lmdb_error& error) {
    close_env();
    fs::remove_all(fresh, ignored);
    return to_failure(error, options_.folder);
  }
}

void environment::build(const fs::path& fresh, const initialiser& initialise) {
  reserve(fresh / "lock.mdb", lock_file_bytes);
  open_env(fresh, 0);
  {
    lmdb_txn txn(env_, 0);
    tables_ = {};
    for (const auto& [name, slot] : table_names)
      if (const int rc = mdb_dbi_open(txn.get(), name, MDB_CREATE, &(tables_.*slot)); rc != 0)
        throw lmdb_error(rc, "make a table");
    if (const int rc =
            mdb_dbi_open(txn.get(), partitions_table(schema_version), MDB_CREATE, &tables_.teams);
        rc != 0)
      throw lmdb_error(rc, "make a table");
    mdb_dbi_open(txn.get(), nullptr, 0, &tables_.main);
    initialise(txn, tables_);
    txn.commit();
  }
  close_env();
  sync_path(fresh / "data.mdb");
  sync_path(fresh);
}

void environment::open_env(const fs::path& folder, unsigned more_flags) {
  env_flags_ = more_flags;
  for (map_bytes_ = options_.map_bytes;;
       map_bytes_ = map_bytes_ > (64U << 20) ? map_bytes_ / 4 : 0) {
    if (const int rc = mdb_env_create(&env_); rc != 0)
      throw lmdb_error(rc, "open");
    mdb_env_set_maxdbs(env_, max_tables);
    // LMDB would abort. Its functions have unwind tables, and the transaction ends on the way.
    mdb_env_set_assert(env_, [](MDB_env*, const char*) {
      throw lmdb_error(MDB_CORRUPTED, "follow a damaged page");
    });
    mdb_env_set_mapsize(env_, map_bytes_);
    int rc = mdb_env_open(env_, folder.c_str(), lmdb_flags | more_flags, 0600);
    if (rc == 0 && has_memory_headroom())
      break;
    if (rc == 0)
      rc = ENOMEM;
    close_env();
    if (rc != ENOMEM || map_bytes_ <= (64U << 20))
      throw lmdb_error(rc, "open");
  }
  ::fcntl(data_fd(), F_SETFD, FD_CLOEXEC);
  struct stat file {};
  ::fstat(data_fd(), &file);
  data_file_ = {file.st_dev, file.st_ino};
  MDB_envinfo info{};
  mdb_env_info(env_, &info);
  map_bytes_ = info.me_mapsize;
}

int environment::data_fd() const {
  int fd = -1;
  mdb_env_get_fd(env_, &fd);
  return fd;
}

std::pair<off_t, off_t> environment::needed_and_there() const {
  MDB_envinfo info{};
  MDB_stat stat{};
  mdb_env_info(env_, &info);
  mdb_env_stat(env_, &stat);
  struct stat file {};
  ::fstat(data_fd(), &file);
  return {static_cast<off_t>((info.me_last_pgno + 1) * stat.ms_psize), file.st_size};
}

/// Before the tables: another version may have others.
result<void> environment::check_version() {
  lmdb_txn txn(env_, MDB_RDONLY);
  if (const int rc = mdb_dbi_open(txn.get(), nullptr, 0, &tables_.main); rc != 0)
    throw lmdb_error(rc, "open a table");
  const auto schema = schema_of(txn, tables_.main);
  if (!schema || *schema <= schema_version)
    return {}; // a row that is missing or garbled is the store's to judge
  return newer_version(*schema);
}

failure environment::newer_version(std::uint32_t schema) const {
  return {ec::store_version,
          "the store in " + options_.folder.string() + " has version " + std::to_string(schema) +
              "; this program reads versions up to " + std::to_string(schema_version),
          "use the newer spec-kitty that wrote it, or another home with --home"};
}

void environment::open_tables(unsigned flags) {
  lmdb_txn txn(env_, flags);
  for (const auto& [name, slot] : table_names)
    if (const int rc = mdb_dbi_open(txn.get(), name, 0, &(tables_.*slot)); rc != 0)
      throw lmdb_error(rc, "open a table");
  if (const int rc = mdb_dbi_open(txn.get(), nullptr, 0, &tables_.main); rc != 0)
    throw lmdb_error(rc, "open a table");
  const auto schema = schema_of(txn, tables_.main).value_or(schema_version);
  is_older_ = schema < schema_version;
  if (const int rc = mdb_dbi_open(txn.get(), partitions_table(schema), 0, &tables_.teams); rc != 0)
    throw lmdb_error(rc, "open a table");
  txn.commit(); // keeps the handles
}

void environment::close_env() {
  if (env_ != nullptr)
    mdb_env_close(env_);
  env_ = nullptr;
  lock_probe_ = unique_fd();
}

} // namespace spec_kitty
