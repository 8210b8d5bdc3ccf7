// ULIDs: 48 bits of milliseconds, 80 random bits, 26 characters of Crockford base32.
//
// Pure: time, randomness and the last id that was given out are arguments. The last id is a
// field of the store's summary row, read and written in the transaction that appends, so ids rise
// strictly per home across processes; and since no generator state lives in the process, a forked
// child cannot repeat its parent's ids. https://github.com/ulid/spec
#pragma once

#include "messages/event_id.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spec_kitty {

/// A ULID's 16 bytes, big-endian: comparing bytes compares ids.
struct ulid {
  std::array<std::uint8_t, 16> bytes{};

  // The linter takes the 0 that a rewritten < compares with for a pointer.
  auto operator<=>(const ulid&) const = default; // NOLINT(modernize-use-nullptr)

  /// Milliseconds since 1970 of the first 48 bits.
  std::uint64_t milliseconds() const;
};

using ulid_randomness = std::array<std::uint8_t, 10>;

/// The next id after `last`: fresh randomness in a later millisecond, else `last` plus a step of at
/// least one, drawn from 40 of the random bits. So it is greater than `last` whatever the machine's
/// clock does, and two callers with the same `last` do not give out the same id; a time beyond 48
/// bits counts as the last possible time. All zeros stand for a new store: fresh randomness at any
/// time.
ulid next_ulid(const ulid& last, std::uint64_t now_ms, const ulid_randomness& random);

/// 80 bits from the kernel (util/random.hpp).
ulid_randomness draw_randomness();

/// 26 characters.
std::string to_string(const ulid& id);
/// The same without memory of its own.
event_id_text text_of_id(const ulid& id);

/// Nothing when the text is not a ULID.
std::optional<ulid> parse_ulid(std::string_view text);

/// A fresh id without an order to others: idempotency keys, home ids.
std::string fresh_ulid(std::uint64_t now_ms);

} // namespace spec_kitty
