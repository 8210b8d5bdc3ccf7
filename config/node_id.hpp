// The identity of a home among all nodes: computed when its store is made, then kept in the store,
// so that a new hostname changes nothing. Pure. Source: docs/protocol.md, Event, node_id.
#pragma once

#include <string>
#include <string_view>

namespace spec_kitty {

/// What a node id is made from.
struct node_seed {
  std::string hostname;
  std::string user;
  bool default_home = true; ///< false for a home other than ~/.spec-kitty: home_id counts then
};

/// First 12 hex digits of SHA-256 of `hostname:user`, or of `hostname:user:home_id`.
std::string make_node_id(const node_seed& seed, std::string_view home_id);

} // namespace spec_kitty
