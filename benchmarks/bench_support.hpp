// A folder of its own for a benchmark, a typical event, and LMDB without anything around it.
#pragma once

#include "messages/event.hpp"

#include <lmdb.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::bench {

class folder {
public:
  folder() {
    std::string name =
        (std::filesystem::temp_directory_path() / "spec-kitty-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
      throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;
  const std::filesystem::path& path() const { return path_; }

private:
  std::filesystem::path path_;
};

inline event_draft typical_draft() {
  event_draft draft;
  draft.event_type = "WPStatusChanged";
  draft.aggregate_id = "WP07";
  draft.aggregate_type = "WorkPackage";
  draft.payload = R"({"wp_id":"WP07","previous_status":"planned","new_status":"doing",)"
                  R"("changed_by":"claude","feature_slug":"028-offline-events"})";
  draft.timestamp = "2026-02-03T04:05:06.000007Z";
  draft.team_slug = "team-a";
  draft.project_uuid = "11111111-2222-3333-4444-555555555555";
  draft.project_slug = "spec-kitty";
  return draft;
}

inline std::string typical_event() {
  return render_head({"01ARZ3NDEKTSV4RRFFQ69G5FAV", 12345, "0123456789ab"}, "team-a") +
         render_tail(typical_draft());
}

/// One LMDB environment with the store's flags: the floor of every commit.
class raw_lmdb {
public:
  explicit raw_lmdb(const std::filesystem::path& path,
                    std::size_t map_bytes = std::size_t{1} << 30) {
    check(mdb_env_create(&env_));
    check(mdb_env_set_mapsize(env_, map_bytes));
    check(mdb_env_open(env_, path.c_str(), MDB_NOTLS, 0600));
  }
  ~raw_lmdb() { mdb_env_close(env_); }
  raw_lmdb(const raw_lmdb&) = delete;
  raw_lmdb& operator=(const raw_lmdb&) = delete;

  /// Appends rows in one transaction and commits.
  void append(std::size_t rows, std::string_view row) {
    MDB_txn* txn = nullptr;
    MDB_dbi table = 0;
    check(mdb_txn_begin(env_, nullptr, 0, &txn));
    check(mdb_dbi_open(txn, nullptr, 0, &table));
    for (std::size_t i = 0; i < rows; ++i) {
      const std::uint64_t at = __builtin_bswap64(++next_);
      MDB_val key{sizeof at, const_cast<std::uint64_t*>(&at)};
      MDB_val value{row.size(), const_cast<char*>(row.data())};
      check(mdb_put(txn, table, &key, &value, MDB_APPEND));
    }
    check(mdb_txn_commit(txn));
  }

  /// The first rows, joined.
  std::string join(std::size_t rows) {
    std::string text;
    MDB_txn* txn = nullptr;
    MDB_dbi table = 0;
    MDB_cursor* cursor = nullptr;
    check(mdb_txn_begin(env_, nullptr, MDB_RDONLY, &txn));
    check(mdb_dbi_open(txn, nullptr, 0, &table));
    check(mdb_cursor_open(txn, table, &cursor));
    MDB_val key{};
    MDB_val value{};
    while (rows-- > 0 && mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0)
      text.append(static_cast<const char*>(value.mv_data), value.mv_size).push_back(',');
    mdb_cursor_close(cursor);
    mdb_txn_abort(txn);
    return text;
  }

  /// Deletes the first rows in one transaction.
  void remove_first(std::size_t rows) {
    MDB_txn* txn = nullptr;
    MDB_dbi table = 0;
    MDB_cursor* cursor = nullptr;
    check(mdb_txn_begin(env_, nullptr, 0, &txn));
    check(mdb_dbi_open(txn, nullptr, 0, &table));
    check(mdb_cursor_open(txn, table, &cursor));
    MDB_val key{};
    MDB_val value{};
    while (rows-- > 0 && mdb_cursor_get(cursor, &key, &value, MDB_FIRST) == 0)
      check(mdb_cursor_del(cursor, 0));
    mdb_cursor_close(cursor);
    check(mdb_txn_commit(txn));
  }

private:
  static void check(int rc) {
    if (rc != 0)
      throw std::runtime_error(mdb_strerror(rc));
  }
  MDB_env* env_ = nullptr;
  std::uint64_t next_ = 0;
};

} // namespace spec_kitty::bench
