// The space of a drained store comes back: what is left is written into a new environment, which
// takes the place of `queue/env` in one step, under the outer lock.
//
// Every process compares the file in the place with the one that it has open: before a transaction
// that writes, under that lock, and before one that reads (a snapshot that was taken before stays
// valid). A program of an earlier version does not, and would commit into a file without a name. So
// each process that does holds a lock of its own: on the byte of `queue/lock` that its pid names.
// Nothing is exchanged while a process without it holds LMDB's lock file.
#include "actors/queue/environment.hpp"

#include "messages/ulid.hpp"
#include "util/file_system.hpp"
#include "util/fsync.hpp"
#include "util/signals_blocked.hpp"
#include "util/timestamp.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace spec_kitty {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view unfinished_prefix = "env.new.";
constexpr std::string_view old_prefix = "env.old.";
constexpr ino_t first_pid_namespace = 0xEFFFFFFC; ///< the kernel's PROC_PID_INIT_INO
constexpr int max_opening_tries = 5;

constexpr std::array<MDB_dbi store_tables::*, 7> copied_tables = {
    &store_tables::events, &store_tables::ids,   &store_tables::attempts,  &store_tables::dead,
    &store_tables::leases, &store_tables::teams, &store_tables::team_queue};

struct flock lock_of_byte(off_t at) {
  struct flock wanted {};
  wanted.l_type = F_WRLCK;
  wanted.l_whence = SEEK_SET;
  wanted.l_start = at;
  wanted.l_len = 1;
  return wanted;
}

/// The processes that hold the first byte of a file, as far as this one can see them.
std::vector<pid_t> holders_of(int fd) {
  struct stat file {};
  if (::fstat(fd, &file) != 0)
    return {};
  std::array<char, 64> name{};
  std::snprintf(name.data(), name.size(), "%02x:%02x:%lu", major(file.st_dev), minor(file.st_dev),
                static_cast<unsigned long>(file.st_ino));
  std::vector<pid_t> found;
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    std::istringstream words(line);
    std::string number;
    std::string kind;
    std::string advisory;
    std::string mode;
    std::string place;
    std::string start;
    pid_t pid = 0;
    if (words >> number >> kind >> advisory >> mode >> pid >> place >> start && kind == "POSIX" &&
        place == name.data() && start == "0")
      found.push_back(pid);
  }
  return found;
}

/// A container does not see the processes outside of it.
bool sees_all_processes() {
  struct stat own {};
  return ::stat("/proc/self/ns/pid", &own) == 0 && own.st_ino == first_pid_namespace;
}

std::optional<std::pair<dev_t, ino_t>> mark_of(const char* path) {
  struct stat found {};
  return ::stat(path, &found) == 0 ? std::optional(std::pair(found.st_dev, found.st_ino))
                                   : std::nullopt;
}

/// Whether a path still leads to the folder that was opened. Else the home was moved, and what is
/// there now is another one.
bool leads_to(const fs::path& folder, const std::optional<std::pair<dev_t, ino_t>>& opened) {
  return opened && mark_of(folder.c_str()) == opened;
}

void copy_table(const lmdb_txn& from, MDB_dbi table, lmdb_txn& into, MDB_dbi copy) {
  lmdb_cursor rows(from, table);
  for (bool more = rows.first(); more; more = rows.next()) {
    const std::string_view value = rows.value();
    std::memcpy(into.append(copy, rows.key(), value.size()), value.data(), value.size());
  }
}

void copy_rows(const lmdb_txn& from, const store_tables& tables, lmdb_txn& into,
               const store_tables& copies) {
  for (const auto table : copied_tables)
    copy_table(from, tables.*table, into, copies.*table);
  lmdb_cursor rows(from, tables.main);
  for (bool more = rows.first(); more; more = rows.next())
    (void)into.put_new(copies.main, rows.key(), rows.value()); // the names of tables are there
}

fs::path old_name_in(const fs::path& folder) {
  const auto now_ms = static_cast<std::uint64_t>(std::max<epoch_us>(wall_clock_now(), 0) / 1000);
  return folder / (std::string(old_prefix) + to_string(next_ulid({}, now_ms, draw_randomness())));
}

/// What an interrupted creation or rewriting left.
std::vector<fs::path> leftovers_in(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (const std::string name = entry.path().filename().string();
        name.starts_with(unfinished_prefix) || name.starts_with(old_prefix))
      found.push_back(entry.path());
  return found;
}

/// To names that no process uses; the caller holds the outer lock.
void put_aside(std::vector<fs::path>& leftovers) {
  for (auto& found : leftovers) {
    const fs::path aside = old_name_in(found.parent_path());
    if (::rename(found.c_str(), aside.c_str()) == 0)
      found = aside;
  }
}

void remove_folders(const std::vector<fs::path>& folders) {
  std::error_code ignored;
  for (const auto& folder : folders)
    fs::remove_all(folder, ignored);
}

} // namespace

fs::path environment::unfinished_name() const {
  return options_.folder / (std::string(unfinished_prefix) + std::to_string(::getpid()));
}

void environment::note_follower() const {
  struct flock mine = lock_of_byte(::getpid());
  mine.l_type = F_RDLCK;
  (void)::fcntl(outer_.get(), F_OFD_SETLK, &mine); // without it the store is not exchanged
}

bool environment::others_follow() {
  const std::shared_lock shared(transactions_); // nobody closes the descriptor
  if (!lock_probe_) {
    auto opened = open_regular(options_.folder / "env" / "lock.mdb", O_RDWR, last_link::refuse);
    if (!opened || !*opened)
      return false;
    lock_probe_ = std::move(*opened);
  }
  struct flock other = lock_of_byte(0);
  if (::fcntl(lock_probe_.get(), F_GETLK, &other) != 0)
    return false;
  if (other.l_type == F_UNLCK)
    return true;
  const auto holders = holders_of(lock_probe_.get());
  return sees_all_processes() &&
         std::find(holders.begin(), holders.end(), other.l_pid) != holders.end() &&
         std::all_of(holders.begin(), holders.end(), [&](pid_t pid) {
           struct flock theirs = lock_of_byte(pid);
           return pid == ::getpid() ||
                  (::fcntl(outer_.get(), F_OFD_GETLK, &theirs) == 0 && theirs.l_type != F_UNLCK);
         });
}

bool environment::was_replaced() const {
  const auto there = mark_of(data_path_.c_str());
  return there && *there != data_file_ && leads_to(options_.folder, registered_as_);
}

void environment::follow_replacement() {
  {
    const std::shared_lock shared(transactions_);
    if (!was_replaced())
      return;
  }
  const std::unique_lock alone(transactions_);
  reopen();
}

void environment::open_current(unsigned more_flags) {
  const fs::path place = options_.folder / "env";
  for (int tries = 1;; ++tries) {
    const unique_fd folder(::open(place.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    struct stat before {};
    struct stat file {};
    struct stat after {};
    ::fstat(folder.get(), &before);
    open_env(place, more_flags);
    const bool found = ::stat(data_path_.c_str(), &file) == 0 && ::stat(place.c_str(), &after) == 0;
    data_file_ = {file.st_dev, file.st_ino};
    if (found && before.st_dev == after.st_dev && before.st_ino == after.st_ino)
      return;
    close_env(); // another process exchanged it meanwhile: the two files may be of different stores
    if (tries == max_opening_tries)
      throw lmdb_error(EBUSY, "open");
  }
}

std::uint64_t environment::file_bytes() {
  const std::shared_lock shared(transactions_);
  struct stat file {};
  return env_ != nullptr && ::fstat(data_fd(), &file) == 0
             ? static_cast<std::uint64_t>(file.st_size)
             : 0;
}

bool environment::is_worth_rewriting(std::uint64_t min_file, std::uint64_t max_tables_size) {
  if (file_bytes() <= min_file)
    return false;
  const std::shared_lock shared(transactions_);
  const lmdb_txn txn(env_, MDB_RDONLY);
  if (is_older_ || fit_of(txn) != fit::fits)
    return false;
  std::uint64_t bytes = 0;
  const auto add = [&](MDB_dbi table) {
    MDB_stat stat{};
    if (const int rc = mdb_stat(txn.get(), table, &stat); rc != 0)
      throw lmdb_error(rc, "count");
    bytes += (stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages) * stat.ms_psize;
  };
  add(tables_.main);
  for (const auto table : copied_tables)
    add(tables_.*table);
  return bytes <= max_tables_size;
}

void environment::write_copy(const fs::path& fresh) {
  if (auto made = make_private_folder(fresh); !made)
    throw lmdb_error(EIO, "make the folder of the rewritten store");
  environment copy(options_, open_mode::write);
  const std::shared_lock shared(transactions_);
  const lmdb_txn from(env_, MDB_RDONLY);
  copy.build(fresh, [&](lmdb_txn& into, const store_tables& copies) {
    copy_rows(from, tables_, into, copies);
  });
}

/// Durable before the next commit, which is then in the new file.
void environment::exchange_with(const fs::path& fresh) {
  const fs::path place = options_.folder / "env";
  const auto swap = [&] {
    return ::renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, place.c_str(), RENAME_EXCHANGE) == 0;
  };
  if (!swap())
    throw lmdb_error(errno, "put the rewritten store in place");
  if (const int error = fsync_directory(options_.folder); error != 0) {
    swap();
    throw lmdb_error(error, "sync the folder of the store");
  }
}

result<bool> environment::rewrite(std::uint64_t min_file, std::uint64_t max_tables_size) {
  if (auto usable = check_process(); !usable)
    return usable.error();
  std::vector<fs::path> aside;
  try {
    const std::unique_lock thread(writer_, options_.busy_timeout);
    if (!thread)
      return failure{ec::store_busy, "another thread holds the store", "try again"};
    if (auto locked = take_outer_lock(); !locked)
      return locked.error();
    const flock_hold hold(outer_.get());
    const store_use inside;
    if (env_ == nullptr)
      settle_failed_commit(0);
    follow_replacement();
    if (!leads_to(options_.folder, registered_as_) ||
        !is_worth_rewriting(min_file, max_tables_size) || !others_follow())
      return false;
    aside = {unfinished_name()};
    try {
      write_copy(aside.front());
      exchange_with(aside.front());
    } catch (const lmdb_error&) {
      remove_folders(aside);
      throw;
    }
    put_aside(aside);
    const std::unique_lock alone(transactions_);
    reopen();
  } catch (const lmdb_error& error) {
    return to_failure(error, options_.folder);
  }
  remove_later(std::move(aside)); // a large file takes its time: nobody waits for it
  return true;
}

void environment::remove_leftovers() {
  auto found = leftovers_in(options_.folder);
  if (found.empty())
    return;
  {
    const std::unique_lock thread(writer_, options_.busy_timeout);
    if (!thread || !take_outer_lock())
      return;
    const flock_hold hold(outer_.get());
    found = leftovers_in(options_.folder);
    put_aside(found);
  }
  remove_later(std::move(found));
}

void environment::remove_leftovers_now() const {
  remove_folders(leftovers_in(options_.folder));
}

void environment::remove_later(std::vector<fs::path> folders) {
  try {
    const signals_blocked quiet;
    remover_ = std::jthread([folders] { remove_folders(folders); });
  } catch (const std::system_error&) { // no thread can be made
    remove_folders(folders);
  }
}

} // namespace spec_kitty
