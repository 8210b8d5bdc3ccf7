// Guessing passwords: how many failures an account and an address have before the next attempt is
// refused unseen.
//
//   5 a minute     per account and address
//   30 an hour     per account, from all addresses it has not logged in from within 30 days; those
//                  it has are not locked out by them
//   100 an hour    per address
//
// Accounts that do not exist are counted like any other. Times are arguments. Pure.
#pragma once

#include "util/timestamp.hpp"

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace spec_kitty::server {

/// The address that counts: an IPv4 address itself, of an IPv6 address its /64, which one customer
/// holds whole.
std::string counted_address(std::string_view address);

/// The last failures of each name, as many as decide.
class failure_counter {
public:
  failure_counter(std::size_t max_failures, epoch_us window, std::size_t max_names)
      : max_failures_(max_failures), window_(window), max_names_(max_names) {}

  /// The microseconds until the next attempt is allowed; nothing when it is now.
  std::optional<epoch_us> wait(const std::string& name, epoch_us now) const;
  void count(const std::string& name, epoch_us now);
  void forget(const std::string& name) { names_.erase(name); }
  std::size_t size() const { return names_.size(); }

private:
  void make_space(epoch_us now);

  std::size_t max_failures_;
  epoch_us window_;
  std::size_t max_names_;
  std::map<std::string, std::deque<epoch_us>> names_;
};

class login_limits {
public:
  /// The microseconds until an attempt is allowed; nothing when it is now.
  std::optional<epoch_us> wait(std::string_view account, std::string_view address,
                               bool known_address, epoch_us now) const;
  void failed(std::string_view account, std::string_view address, bool known_address, epoch_us now);
  void succeeded(std::string_view account, std::string_view address);

private:
  static constexpr epoch_us second = 1'000'000;
  static constexpr std::size_t max_names = 100'000;

  failure_counter pairs_{5, 60 * second, max_names};
  failure_counter accounts_{30, 3600 * second, max_names};
  failure_counter addresses_{100, 3600 * second, max_names};
};

} // namespace spec_kitty::server
