#include "app/server/store/lmdb/audit_log.hpp"

#include <algorithm>
#include <utility>

namespace spec_kitty::server::store {

namespace {

/// Longer texts are cut: a line of audit must not fail because of what it quotes.
constexpr std::size_t max_audit_text = 1024;
constexpr std::size_t max_audit_lines = 10'000;

std::string audit_key(std::uint64_t number) {
  std::string key;
  row_writer(key).u64(number);
  return key;
}

audit_line decode_audit(std::string_view key, std::string_view row) {
  audit_line out;
  out.number = row_reader(key).u64();
  row_reader in(row);
  out.at = in.i64();
  out.team = in.u32();
  out.actor = in.text();
  out.address = in.text();
  out.action = in.text();
  out.subject = in.text();
  out.detail = in.text();
  return out;
}

} // namespace

void add_audit(lmdb_txn& txn, const store_tables& tables, audit_line line) {
  std::uint64_t number = 1;
  {
    lmdb_cursor cursor(txn, tables.audit);
    if (cursor.last())
      number = row_reader(cursor.key()).u64() + 1;
  }
  std::string row;
  row_writer out(row);
  out.i64(line.at).u32(line.team);
  for (const std::string* text :
       {&line.actor, &line.address, &line.action, &line.subject, &line.detail})
    out.text(std::string_view(*text).substr(0, max_audit_text));
  txn.put(tables.audit, audit_key(number), row);
}

void add_audit(lmdb_txn& txn, const store_tables& tables, const change_note& note, team_id team,
               std::string action, std::string subject, std::string detail) {
  if (detail.empty())
    detail = note.reason;
  add_audit(txn, tables,
            {0, note.at, team, note.actor, note.address, std::move(action), std::move(subject),
             std::move(detail)});
}

std::vector<audit_line> read_audit_lines(const lmdb_txn& txn, const store_tables& tables,
                                         std::uint64_t after, std::size_t limit, team_id team) {
  std::vector<audit_line> out;
  limit = std::min(limit, max_audit_lines);
  lmdb_cursor cursor(txn, tables.audit);
  for (bool more = cursor.seek(audit_key(after + 1)); more && out.size() < limit;
       more = cursor.next()) {
    auto line = decode_audit(cursor.key(), cursor.value());
    if (team == 0 || line.team == team)
      out.push_back(std::move(line));
  }
  return out;
}

} // namespace spec_kitty::server::store
