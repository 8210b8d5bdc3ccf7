// The older queue: table `queue(id, event_id, event_type, data, timestamp, retry_count)`.
//
// The file and its folder are only read. Without a journal beside it, it is opened as immutable:
// SQLite then takes no lock and creates no file. A journal (`-wal`, `-journal`) has a part of the
// content, and SQLite would have to write to read it; so both are copied to a private folder, and
// the copy is opened.
#include "app/cli/import/event_source.hpp"
#include "util/scratch_folder.hpp"
#include "util/version.hpp"

#include <sqlite3.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>
#include <set>
#include <vector>

namespace spec_kitty {

namespace fs = std::filesystem;

namespace {

constexpr std::array<const char*, 2> journals = {"-wal", "-journal"};

struct db_closer {
  void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
};
struct statement_closer {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using database = std::unique_ptr<sqlite3, db_closer>;
using statement = std::unique_ptr<sqlite3_stmt, statement_closer>;

fs::path beside(const fs::path& file, const char* ending) {
  return file.string() + ending;
}

bool has_journal(const fs::path& file) {
  std::error_code none;
  for (const char* ending : journals)
    if (const auto size = fs::file_size(beside(file, ending), none); !none && size > 0)
      return true;
  return false;
}

/// Size and time of change of the database and its journals.
std::vector<std::int64_t> state_of(const fs::path& file) {
  std::vector<std::int64_t> state;
  for (const char* ending : {"", "-wal", "-journal"}) {
    struct stat found {};
    if (::stat(beside(file, ending).c_str(), &found) != 0)
      found.st_size = -1;
    state.insert(state.end(), {found.st_size, found.st_mtim.tv_sec, found.st_mtim.tv_nsec});
  }
  return state;
}

/// Copies the database with its journals; refused while another program writes to them.
result<fs::path> copy_whole(const fs::path& file, const std::string& name,
                            const scratch_folder& scratch) {
  const fs::path copy = scratch.path() / "queue.db";
  for (int tries = 0; tries < 3; ++tries) {
    const auto before = state_of(file);
    std::error_code error;
    fs::copy_file(file, copy, fs::copy_options::overwrite_existing, error);
    for (const char* ending : journals)
      if (std::error_code none; !error && fs::exists(beside(file, ending), none))
        fs::copy_file(beside(file, ending), beside(copy, ending),
                      fs::copy_options::overwrite_existing, error);
    if (error)
      return failure{ec::bad_input, "cannot copy " + name + ": " + error.message(),
                     "check its permissions, and the space in " +
                         scratch.path().parent_path().string()};
    if (state_of(file) == before)
      return copy;
  }
  return failure{ec::bad_input, "another program is writing to " + name,
                 "end that program, then run the command again"};
}

std::string as_uri(const fs::path& file, const char* query) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string uri = "file:";
  for (const char c : fs::absolute(file).string()) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '/' || c == '.' || c == '_' || c == '-')
      uri += c;
    else
      uri.append(1, '%').append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
  }
  return uri + query;
}

class sqlite_source : public event_source {
public:
  explicit sqlite_source(std::string name) : name_(std::move(name)) {}

  std::string_view unit() const override { return "row"; }

  result<void> open(const fs::path& file) {
    fs::path place = file;
    const bool copied = has_journal(file);
    if (copied) {
      if (auto made = scratch_.make(); !made)
        return made;
      const auto copy = copy_whole(file, name_, scratch_);
      if (!copy)
        return copy.error();
      place = *copy;
    }
    sqlite3* db = nullptr;
    const int rc = sqlite3_open_v2(
        as_uri(place, copied ? "?mode=rw" : "?mode=ro&immutable=1").c_str(), &db,
        SQLITE_OPEN_URI | (copied ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY), nullptr);
    db_.reset(db);
    if (rc != SQLITE_OK)
      return broken();
    // The schema must not run functions; without shared memory SQLite creates no further file.
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_exec(db, "PRAGMA locking_mode=EXCLUSIVE", nullptr, nullptr, nullptr);
    if (auto known = check(); !known)
      return known;
    rows_ = prepare(has_tries_ ? "SELECT id, event_id, data, retry_count FROM queue ORDER BY id"
                               : "SELECT id, event_id, data, 0 FROM queue ORDER BY id");
    if (!rows_)
      return broken();
    scratch_.remove(); // the open files stay readable; a kill leaves nothing behind
    return {};
  }

  result<std::optional<source_event>> next() override {
    const int rc = sqlite3_step(rows_.get());
    if (rc == SQLITE_DONE)
      return std::optional<source_event>{};
    if (rc != SQLITE_ROW)
      return broken();
    source_event found;
    found.number = static_cast<std::uint64_t>(sqlite3_column_int64(rows_.get(), 0));
    found.event_id = text(1);
    if (sqlite3_column_type(rows_.get(), 2) == SQLITE_NULL)
      found.problem = "data is NULL";
    else if (sqlite3_column_bytes(rows_.get(), 2) > static_cast<int>(max_source_text_bytes))
      found.problem = "data is longer than 16 MiB";
    else
      found.text = text(2);
    constexpr std::int64_t max_tries = std::numeric_limits<std::int32_t>::max();
    const std::int64_t tries = sqlite3_column_int64(rows_.get(), 3);
    found.tries = static_cast<std::uint32_t>(std::clamp<std::int64_t>(tries, 0, max_tries));
    return std::optional(std::move(found));
  }

private:
  failure broken() const {
    const int rc = sqlite3_errcode(db_.get());
    const bool damaged = rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB;
    return {ec::bad_input, name_ + ": " + sqlite3_errmsg(db_.get()),
            damaged ? "save what can be read with: sqlite3 " + name_ +
                          " .recover | sqlite3 rescued.db, then import rescued.db"
                    : "check that the file is the queue.db of the older tool"};
  }

  statement prepare(const char* sql) const {
    sqlite3_stmt* made = nullptr;
    sqlite3_prepare_v2(db_.get(), sql, -1, &made, nullptr);
    return statement(made);
  }

  std::string text(int column) const {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(rows_.get(), column));
    const int size = sqlite3_column_bytes(rows_.get(), column);
    return bytes == nullptr ? std::string() : std::string(bytes, static_cast<std::size_t>(size));
  }

  /// Checks the pages, and that the table exists.
  result<void> check() {
    const auto verdict = prepare("PRAGMA quick_check(1)");
    if (!verdict || sqlite3_step(verdict.get()) != SQLITE_ROW)
      return broken();
    const std::string check_result =
        reinterpret_cast<const char*>(sqlite3_column_text(verdict.get(), 0));
    if (check_result != "ok")
      return failure{ec::bad_input, name_ + " is damaged: " + check_result,
                     "save what can be read with: sqlite3 " + name_ +
                         " .recover | sqlite3 rescued.db, then import rescued.db"};
    std::set<std::string> columns;
    const auto table = prepare("SELECT name FROM pragma_table_info('queue')");
    while (table && sqlite3_step(table.get()) == SQLITE_ROW)
      columns.insert(reinterpret_cast<const char*>(sqlite3_column_text(table.get(), 0)));
    constexpr const char* remedy = "give the queue.db of the older tool";
    if (columns.empty())
      return failure{ec::bad_input, name_ + " is an SQLite database without a table queue", remedy};
    for (const char* wanted : {"id", "event_id", "data"})
      if (!columns.contains(wanted))
        return failure{ec::bad_input, name_ + ": its table queue has no column " + wanted, remedy};
    has_tries_ = columns.contains("retry_count");
    return {};
  }

  std::string name_;
  scratch_folder scratch_; ///< outlives the database that may lie in it
  database db_;
  statement rows_;
  bool has_tries_ = false;
};

result<std::unique_ptr<event_source>> open_queue_db(const fs::path& file, const std::string& name) {
  auto source = std::make_unique<sqlite_source>(name);
  if (auto opened = source->open(file); !opened)
    return opened.error();
  return std::unique_ptr<event_source>(std::move(source));
}

} // namespace

} // namespace spec_kitty

extern "C" {
/// What sqlite_module.cpp looks for.
__attribute__((
    visibility("default"))) extern const spec_kitty::sqlite_module spec_kitty_sqlite_module;
const spec_kitty::sqlite_module spec_kitty_sqlite_module = {spec_kitty::version.data(),
                                                            spec_kitty::open_queue_db};
}
