// The node id of a home that was copied: a virtual machine that was cloned, a folder that was
// restored beside the old one. Both homes would give the same clock values under one id, so the
// copy gets another. What is in the queue already keeps its stamps.
#include "actors/queue/schema.hpp"
#include "actors/queue/store.hpp"

namespace spec_kitty {

namespace {

place_record kept_place(const lmdb_txn& txn, const store_tables& tables) {
  const auto row = txn.get(tables.main, place_key);
  return row ? place_record::decode(*row) : place_record{};
}

/// A random id, whatever the host and the user are called: the copy may have the same names.
std::string fresh_node_id(lmdb_txn& txn, const store_tables& tables, node_seed seed) {
  const std::string home_id = to_string(next_ulid({}, 0, draw_randomness()));
  seed.default_home = false;
  txn.put(tables.main, home_id_key, home_id);
  return make_node_id(seed, home_id);
}

} // namespace

result<void> store::check_node() {
  const place_record here = place_of(env_->folder());
  const auto kept = env_->read(kept_place);
  if (!kept)
    return kept.error();
  if (!options_.renew_node && here.or_else(*kept) == *kept)
    return {};
  const auto seed = options_.seed ? options_.seed() : node_seed{};
  node_change change;
  auto done = env_->write([&](lmdb_txn& txn, const store_tables& tables) {
    const auto before = kept_place(txn, tables); // another process may have been first
    change.before = txn.get(tables.main, node_key).value_or("");
    change.was_copied = here.differs_from(before);
    change.now = change.before;
    if (change.was_copied || options_.renew_node) {
      change.now = fresh_node_id(txn, tables, seed);
      txn.put(tables.main, node_key, change.now);
    }
    txn.put(tables.main, place_key, here.or_else(before).encode());
    return true;
  });
  if (!done)
    return done.error();
  node_id_ = change.now;
  if (change.now == change.before)
    return {};
  former_node_id_ = change.before;
  if (options_.on_new_node)
    options_.on_new_node(change);
  return {};
}

} // namespace spec_kitty
