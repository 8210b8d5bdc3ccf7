// The leaf of an event: what makes it the same event when it is sent again.
//
// SHA-256 of its members but `lamport_clock` and `team_slug`, as `key:value` with both as they
// came, joined by commas in the order in which they came. A client may have stamped the event anew,
// or adopted it into the team, after an answer was lost: it is still the same event.
//
// Equal leaves: the same event. Different leaves: perhaps the same event in another writing (order
// of members, 1.0 for 1): then the texts are compared as JSON. Pure.
#pragma once

#include "app/server/core/encoding.hpp"
#include "messages/event_check.hpp"

#include <memory>
#include <string_view>

namespace spec_kitty::server {

/// Computes leaves; keeps what OpenSSL needs between them. Not for two threads at once.
class leaf_hasher {
public:
  leaf_hasher();
  ~leaf_hasher();
  leaf_hasher(const leaf_hasher&) = delete;
  leaf_hasher& operator=(const leaf_hasher&) = delete;

  /// Of a whole event. `text` is a JSON object, checked before; for other bytes the leaf is that of
  /// all of them. White space between tokens is not part of the leaf.
  sha256_digest of(std::string_view text);
  /// The same of an event that the checking pass took: it is cut at the two members.
  sha256_digest of(const plain_event& event);

private:
  struct context;
  std::unique_ptr<context> context_;
};

} // namespace spec_kitty::server
