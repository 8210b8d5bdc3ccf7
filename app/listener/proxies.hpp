// Which peers are trusted proxies, and what client stands behind one. Pure.
#pragma once

#include "util/result.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::listener {

/// An IPv4 or IPv6 address as 16 bytes; IPv4 is mapped (::ffff:a.b.c.d), so that one client has one
/// address whichever family the socket has.
using address_bytes = std::array<std::uint8_t, 16>;

/// A numeric address, also in brackets, or with the zone of a link-local one, which is left out;
/// nothing for a name or any other text.
std::optional<address_bytes> parse_address(std::string_view text);

/// The address as people write it; a mapped one as IPv4.
std::string format_address(const address_bytes& address);

/// The value of `proxy.trusted`: addresses and networks whose X-Forwarded-* fields count.
class trusted_proxies {
public:
  /// `10.0.0.7`, `10.0.0.0/8`, `::1`, `fd00::/8` …; bad_config names the entry that is not one.
  static result<trusted_proxies> parse(const std::vector<std::string>& entries);

  bool empty() const { return networks_.empty(); }
  bool contains(const address_bytes& address) const;

  /// The address of the client behind the peer. X-Forwarded-For is read from the right, as far as
  /// addresses are trusted: the first one that is not is the client. What is not an address ends
  /// the reading, so a client cannot hide behind it. `forwarded`: the fields in their order.
  address_bytes client_of(const address_bytes& peer,
                          const std::vector<std::string_view>& forwarded) const;

private:
  struct network {
    address_bytes address{};
    int prefix_bits = 128;
  };
  std::vector<network> networks_;
};

} // namespace spec_kitty::listener
