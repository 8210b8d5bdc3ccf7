// One LMDB environment per folder and process, behind every guard it needs.
//
//   queue/lock   an outer flock around opening and around every write transaction; polled, so it
//                is also the busy timeout that LMDB lacks (else a stopped writer blocks for ever)
//   queue/env/   LMDB's own folder, built elsewhere and renamed into place, so that a half-made
//                one never exists
//
// A process-wide registry by (device, inode) gives every opener the same environment: opening
// it twice in a process drops LMDB's own locks, and an acknowledged event was lost that way.
// Flags: MDB_NOTLS only, default sync. With NOSYNC or NOMETASYNC events are lost at power loss;
// WRITEMAP is slower and dies of SIGBUS on a full disk.
#pragma once

#include "util/files.hpp"
#include "util/lmdb.hpp"
#include "util/result.hpp"

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace spec_kitty {

/// The tables of schema version 3; docs/queue-format.md says what each holds.
struct store_tables {
  MDB_dbi main = 0;
  MDB_dbi events = 0;     ///< `ev`
  MDB_dbi ids = 0;        ///< `ids`
  MDB_dbi attempts = 0;   ///< `att`
  MDB_dbi dead = 0;       ///< `dead`
  MDB_dbi leases = 0;     ///< `lz`
  MDB_dbi teams = 0;      ///< `pt`; in versions 1 and 2 `tm`
  MDB_dbi team_queue = 0; ///< `tq`
};

struct environment_options {
  std::filesystem::path folder;                 ///< the home's `queue` folder
  std::size_t map_bytes = std::size_t{1} << 30; ///< address space; halved on ENOMEM
  std::chrono::milliseconds busy_timeout{2000};
  std::size_t look_through = 4096; ///< pages: see file_check.hpp
  bool home_trusted = false; ///< a writer need not check who may write the home, nor where it lies
};

/// A writer makes the store when it is missing; a reader changes nothing on disk.
enum class open_mode { read, write };

class environment {
public:
  using initialiser = std::function<void(lmdb_txn&, const store_tables&)>;

  /// Opens the environment, or joins the one that this process has open already. `initialise` fills
  /// a new store inside its first transaction. A reader of a store that does not exist gets
  /// not_found.
  static result<std::shared_ptr<environment>> open(const environment_options& options,
                                                   open_mode mode, const initialiser& initialise);
  ~environment();
  environment(const environment&) = delete;
  environment& operator=(const environment&) = delete;

  /// Runs `body(txn, tables)` in a write transaction under the outer lock. Success means
  /// committed and synced. Should a commit fail, the store is opened afresh and LMDB's transaction
  /// number tells whether it took effect; if not, `body` runs once more, so it keeps no memory
  /// of its own but what it overwrites. An exception other than lmdb_error aborts and passes on.
  template <class Body>
  auto write(Body body) -> result<std::invoke_result_t<Body, lmdb_txn&, const store_tables&>> {
    using value = std::invoke_result_t<Body, lmdb_txn&, const store_tables&>;
    std::optional<value> out;
    auto done = run_write([&](lmdb_txn& txn) { out.emplace(body(txn, tables_)); });
    if (!done)
      return done.error();
    return std::move(*out);
  }

  /// Runs `body(txn, tables)` on a snapshot. Takes no lock that a writer would wait for.
  template <class Body>
  auto read(Body body) -> result<std::invoke_result_t<Body, lmdb_txn&, const store_tables&>> {
    using value = std::invoke_result_t<Body, lmdb_txn&, const store_tables&>;
    std::optional<value> out;
    auto done = run_read([&](lmdb_txn& txn) { out.emplace(body(txn, tables_)); });
    if (!done)
      return done.error();
    return std::move(*out);
  }

  /// Writes all rows into a new file that takes the place of this one, where the file has more than
  /// `min_file` bytes and its tables at most `max_tables_size`. Not while a program has the store
  /// open that does not look for such a change (an earlier version). True where it was done.
  result<bool> rewrite(std::uint64_t min_file, std::uint64_t max_tables_size);
  /// Bytes of the file.
  std::uint64_t file_bytes();
  /// Removes what an interrupted creation or rewriting left.
  void remove_leftovers();

  /// Size of the address space, bytes: the cap on stored bytes derives from it.
  std::size_t map_bytes() const { return map_bytes_; }
  const std::filesystem::path& folder() const { return options_.folder; }

private:
  environment(environment_options options, open_mode mode);

  using txn_body = std::function<void(lmdb_txn&)>;
  result<void> run_write(const txn_body& body);
  result<void> run_read(const txn_body& body);

  result<void> start(const initialiser& initialise);
  /// Before LMDB sees it: whether there is a store, and it is whole as far as can be seen at once.
  result<void> look_at(const std::filesystem::path& place, const initialiser& initialise,
                       bool locked);
  result<void> create(const initialiser& initialise);
  /// Makes a store in a folder of its own: whole and durable, but for the folder's name.
  void build(const std::filesystem::path& fresh, const initialiser& initialise);
  result<void> check_version();
  failure newer_version(std::uint32_t schema) const;
  /// Whether a transaction sees the version that the tables were opened for.
  enum class fit { fits, must_reopen, must_upgrade, too_new };
  fit fit_of(const lmdb_txn& txn) const;
  /// Before a write: makes an older store one of this version, or opens the tables of one that
  /// another process made so.
  result<void> make_fit();
  /// The store and its tables afresh, with no transaction of this process under way.
  void reopen();
  void open_env(const std::filesystem::path& folder, unsigned more_flags);
  /// Opens `queue/env` as it is now, also where another process exchanges it meanwhile.
  void open_current(unsigned more_flags);
  /// Whether `queue/env` is another one than this process has open: it was rewritten.
  bool was_replaced() const;
  /// Under the outer lock, before anything is read from an older snapshot.
  void follow_replacement();
  /// Whether every other process that has the store open looks for a replacement.
  bool others_follow();
  bool is_worth_rewriting(std::uint64_t min_file, std::uint64_t max_tables_size);
  void write_copy(const std::filesystem::path& fresh);
  void exchange_with(const std::filesystem::path& fresh);
  /// Lets other processes know that this one looks for a replacement.
  void note_follower() const;
  std::filesystem::path unfinished_name() const;
  void remove_leftovers_now() const;
  void remove_later(std::vector<std::filesystem::path> folders);
  void open_tables(unsigned flags);
  int data_fd() const;
  /// Bytes that the pages of the last commit take, and bytes that the file has.
  std::pair<off_t, off_t> needed_and_there() const;
  void close_env();
  /// True when transaction `id` turns out to be committed; the environment is open again.
  bool settle_failed_commit(std::size_t id);
  result<void> check_process() const;
  result<void> take_outer_lock();

  environment_options options_;
  open_mode mode_;
  unsigned opened_in_; ///< process_generation()
  unique_fd outer_;
  MDB_env* env_ = nullptr;
  unsigned env_flags_ = 0;
  std::pair<dev_t, ino_t> data_file_; ///< the one that is open
  std::string data_path_;             ///< of the one in the store's place
  unique_fd lock_probe_;              ///< of LMDB's lock file; closing it ends LMDB's own locks
  std::jthread remover_;              ///< of the file before the last rewriting
  std::size_t map_bytes_ = 0;
  store_tables tables_;
  bool is_older_ = false;          ///< the tables are those of version 1 or 2
  std::timed_mutex writer_;        ///< flock excludes processes, this the threads of this one
  std::shared_mutex transactions_; ///< exclusive where the map is resized or opened afresh
  std::optional<std::pair<dev_t, ino_t>> registered_as_; ///< its place in the registry
};

/// While one exists, this process is inside a store: a crash then is most likely a damaged page's.
class store_use {
public:
  store_use();
  ~store_use();
  store_use(const store_use&) = delete;
  store_use& operator=(const store_use&) = delete;

  /// May be asked in a signal handler.
  static bool is_under_way();
};

/// LMDB versions 0.9.26 to 0.9.31 destroy shared mutexes on close and break other processes.
bool is_usable_lmdb(int major, int minor, int patch);

/// The command that repairs a store.
std::string repair_hint(const std::filesystem::path& folder);

/// What is said of a damaged store.
failure damaged_store(const std::filesystem::path& folder, const std::string& why);

/// An LMDB or system error as a failure with its remedy.
failure to_failure(const lmdb_error& error, const std::filesystem::path& folder);

} // namespace spec_kitty
