// What a person decides about a project: its events are shared, or stay here and are shown as held.
#include "actors/queue/store_rows.hpp"

#include <algorithm>

namespace spec_kitty {

namespace {

/// Events recorded before the store knew projects are in the team's own partition. Those that name
/// the project move to its partition, so that the decision covers them.
void gather_strays(store_detail::queue_rows& rows, const project_request& request) {
  for (const auto& partition : store_detail::all_partitions(rows.txn, rows.tables, true)) {
    if (!partition.project.empty())
      continue;
    std::vector<std::uint64_t> strays;
    {
      lmdb_cursor cursor(rows.txn, rows.tables.team_queue);
      const std::string end = team_queue_key(partition.row.id, ~0ULL);
      for (bool more = cursor.seek(team_queue_key(partition.row.id, 0));
           more && cursor.key() <= end; more = cursor.next()) {
        const auto event =
            store_detail::read_event(rows.txn, rows.tables, position_of(cursor.key()));
        if (!event || event->tail.find(request.key) == std::string_view::npos)
          continue;
        const auto parsed = parse_json(event->json(partition.team));
        if (parsed && text_of(*parsed, "project_uuid") == request.key)
          strays.push_back(position_of(cursor.key()));
      }
    }
    for (const auto seq : strays)
      rows.move_to_partition(seq, partition.team, request.key);
  }
}

} // namespace

namespace {

/// The keys of a project that a decision is about: its own, its git folder's, and those that have
/// recorded something.
std::vector<std::string> decided_keys(const store_detail::queue_rows& rows,
                                      const project_request& request) {
  std::vector<std::string> keys = {request.key};
  const auto add = [&](const std::string& key, bool always) {
    const bool known = always || rows.txn.get(rows.tables.main, project_row_key(key)).has_value();
    if (known && std::find(keys.begin(), keys.end(), key) == keys.end())
      keys.push_back(key);
  };
  for (const auto& alias : request.aliases) {
    add(alias, alias == request.aliases.front());
    add(doubtful_project(alias), false);
  }
  return keys;
}

} // namespace

result<project_done> store::decide_project(const project_request& request, epoch_us now) {
  return env_->write([&](lmdb_txn& txn, const store_tables& tables) {
    store_detail::queue_rows rows(txn, tables);
    project_done done;
    if (request.what == project_request::decision::carry) {
      event_draft first;
      first.project_key = request.key;
      first.project_name = request.name;
      first.project_aliases = request.aliases;
      first.project_parent = request.parent;
      (void)rows.project_of(first);
      return done;
    }
    const auto choice =
        request.what == project_request::decision::share ? sharing::shared : sharing::kept_here;
    const auto keys = decided_keys(rows, request);
    for (const auto& key : keys) {
      project_record project = store_detail::read_project_row(txn, tables, key);
      done.changed = done.changed || project.choice != choice;
      project.choice = choice;
      if (!request.name.empty())
        project.name = request.name;
      store_detail::put_project(txn, tables, key, project);
    }
    gather_strays(rows, request);
    rows.write_back();

    const auto in_hand = store_detail::positions_in_hand(txn, tables, now);
    for (const auto& partition :
         store_detail::all_partitions(txn, tables, options_.share_by_default)) {
      if (std::find(keys.begin(), keys.end(), partition.project) == keys.end())
        continue;
      done.events += partition.row.live;
      for (const auto seq : in_hand)
        done.leased += txn.get(tables.team_queue, team_queue_key(partition.row.id, seq)) ? 1U : 0U;
    }
    return done;
  });
}

namespace store_detail {

namespace {

/// Everything that project_of depends on, as one text.
void claim_of(const event_draft& draft, std::string& claim) {
  claim.assign(draft.project_key);
  for (const auto& alias : draft.project_aliases)
    claim.append(1, '\n').append(alias);
  claim.append(draft.project_in_doubt ? "\r" : "\t").append(draft.project_parent);
}

} // namespace

const std::string& queue_rows::project_of(const event_draft& draft) {
  claim_of(draft, next_claim_);
  if (draft.project_key.empty() || next_claim_ == claim_)
    return draft.project_key.empty() ? draft.project_key : claim_kept_;
  const auto choice_of = [&](const std::string& key) {
    return read_project_row(txn, tables, key).choice;
  };
  std::string kept_alias;
  bool shared_alias = false;
  for (const auto& alias : draft.project_aliases) {
    const auto choice = choice_of(alias);
    if (choice == sharing::kept_here && kept_alias.empty())
      kept_alias = alias;
    shared_alias = shared_alias || choice == sharing::shared;
  }
  const std::string row_key = project_row_key(draft.project_key);
  project_record own = read_project_row(txn, tables, draft.project_key);
  const bool known = txn.get(tables.main, row_key).has_value();
  const auto before = own.choice;
  if (own.choice == sharing::undecided) {
    if (!kept_alias.empty())
      own.choice = sharing::kept_here;
    else if (shared_alias)
      own.choice = sharing::shared;
    else if (!draft.project_parent.empty())
      own.choice = choice_of(draft.project_parent);
    if (own.choice == sharing::undecided && draft.project_in_doubt)
      own.choice = sharing::kept_here;
  }
  if (!known)
    own.name = draft.project_name;
  if (!known || own.choice != before)
    put_project(txn, tables, draft.project_key, own);
  // Kept by its uuid: kept by its git folder too, for the day when the uuid cannot be read.
  if (own.choice == sharing::kept_here && !draft.project_in_doubt && !draft.project_aliases.empty())
    if (const auto& git_key = draft.project_aliases.front();
        choice_of(git_key) == sharing::undecided)
      put_project(txn, tables, git_key, own);
  claim_ = next_claim_;
  claim_kept_ =
      own.choice == sharing::shared && !kept_alias.empty() ? kept_alias : draft.project_key;
  return claim_kept_;
}

void queue_rows::remember_project(const std::string& key, const std::string& name) {
  event_draft only;
  only.project_key = key;
  only.project_name = name;
  (void)project_of(only);
}

} // namespace store_detail

} // namespace spec_kitty
