#include "app/listener/proxies.hpp"

#include "util/text.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace spec_kitty::listener {

namespace {

constexpr std::size_t mapped_prefix_bytes = 12;
constexpr address_bytes mapped_prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool is_mapped(const address_bytes& address) {
  return std::equal(address.begin(), address.begin() + mapped_prefix_bytes, mapped_prefix.begin());
}

std::string_view without_space(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// A proxy may add the client's port: `192.0.2.1:5000`, `[2001:db8::1]:5000`.
std::string_view without_port(std::string_view text) {
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    return end == std::string_view::npos ? text : text.substr(0, end + 1);
  }
  const auto colon = text.find(':');
  return colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos
             ? text.substr(0, colon)
             : text;
}

failure not_a_network(const std::string& entry) {
  return {ec::bad_config, "proxy.trusted: `" + entry + "` is not an address or a network",
          "write addresses such as 10.0.0.7 or networks such as 10.0.0.0/8 and fd00::/8"};
}

} // namespace

std::optional<address_bytes> parse_address(std::string_view text) {
  if (text.size() > 2 && text.front() == '[' && text.back() == ']')
    text = text.substr(1, text.size() - 2);
  const std::string plain(text.substr(0, text.find('%')));
  if (plain.find('\0') != std::string::npos)
    return std::nullopt; // inet_pton reads as far as the first NUL
  address_bytes address = mapped_prefix;
  if (::inet_pton(AF_INET, plain.c_str(), address.data() + mapped_prefix_bytes) == 1)
    return address;
  if (::inet_pton(AF_INET6, plain.c_str(), address.data()) == 1)
    return address;
  return std::nullopt;
}

std::string format_address(const address_bytes& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const char* written =
      is_mapped(address)
          ? ::inet_ntop(AF_INET, address.data() + mapped_prefix_bytes, text.data(), text.size())
          : ::inet_ntop(AF_INET6, address.data(), text.data(), text.size());
  return written == nullptr ? std::string{} : std::string{written};
}

result<trusted_proxies> trusted_proxies::parse(const std::vector<std::string>& entries) {
  trusted_proxies proxies;
  for (const auto& entry : entries) {
    const std::string_view text = without_space(entry);
    const auto slash = text.find('/');
    const auto address = parse_address(text.substr(0, slash));
    if (!address)
      return not_a_network(entry);
    const int offset = is_mapped(*address) ? static_cast<int>(mapped_prefix_bytes) * 8 : 0;
    network added{*address, 128};
    if (slash != std::string_view::npos) {
      const auto bits = whole_number<int>(text.substr(slash + 1));
      if (!bits || *bits < 0 || *bits + offset > 128)
        return not_a_network(entry);
      added.prefix_bits = *bits + offset;
    }
    proxies.networks_.push_back(added);
  }
  return proxies;
}

bool trusted_proxies::contains(const address_bytes& address) const {
  return std::any_of(networks_.begin(), networks_.end(), [&](const network& trusted) {
    const auto whole = static_cast<std::size_t>(trusted.prefix_bits / 8);
    if (!std::equal(address.begin(), address.begin() + static_cast<std::ptrdiff_t>(whole),
                    trusted.address.begin()))
      return false;
    const int rest = trusted.prefix_bits % 8;
    if (rest == 0)
      return true;
    const auto mask = static_cast<std::uint8_t>(0xff << (8 - rest));
    return (address[whole] & mask) == (trusted.address[whole] & mask);
  });
}

address_bytes trusted_proxies::client_of(const address_bytes& peer,
                                         const std::vector<std::string_view>& forwarded) const {
  address_bytes client = peer;
  if (!contains(peer))
    return client;
  for (auto value = forwarded.rbegin(); value != forwarded.rend(); ++value) {
    std::string_view rest = *value;
    for (;;) {
      const auto comma = rest.rfind(',');
      const std::string_view entry =
          without_space(comma == std::string_view::npos ? rest : rest.substr(comma + 1));
      const auto address = parse_address(without_port(entry));
      if (!address)
        return client;
      client = *address;
      if (!contains(client))
        return client;
      if (comma == std::string_view::npos)
        break;
      rest = rest.substr(0, comma);
    }
  }
  return client;
}

} // namespace spec_kitty::listener
