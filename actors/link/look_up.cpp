#include "actors/link/mailbox.hpp"

#include <arpa/inet.h>
#include <csignal>
#include <netdb.h>
#include <netinet/in.h>

#include <system_error>
#include <thread>

namespace spec_kitty {

namespace {

bool is_numeric(const std::string& host) {
  in6_addr address{};
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

addresses ask_resolver(const std::string& host) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* all = nullptr;
  if (const int code = ::getaddrinfo(host.c_str(), nullptr, &wanted, &all); code != 0)
    return {{}, ::gai_strerror(code)};
  addresses found;
  for (const addrinfo* address = all; address != nullptr; address = address->ai_next) {
    char text[NI_MAXHOST];
    if (::getnameinfo(address->ai_addr, address->ai_addrlen, text, sizeof text, nullptr, 0,
                      NI_NUMERICHOST) == 0)
      found.numeric.emplace_back(text);
  }
  ::freeaddrinfo(all);
  if (found.numeric.empty())
    found.error = "the name has no address";
  return found;
}

} // namespace

std::optional<addresses> look_up(const std::string& host, const std::shared_ptr<mailbox>& box,
                                 std::chrono::steady_clock::time_point until) {
  if (is_numeric(host))
    return addresses{{host}, {}};
  try {
    std::thread([host, box] {
      try {
        box->found(ask_resolver(host));
      } catch (const std::exception&) { // no memory: the waiting thread gives up in time
      }
    }).detach();
  } catch (const std::system_error& error) {
    return addresses{{}, error.what()};
  }
  return box->wait_found(until);
}

} // namespace spec_kitty
