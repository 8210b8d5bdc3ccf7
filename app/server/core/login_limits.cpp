#include "app/server/core/login_limits.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <vector>

namespace spec_kitty::server {

namespace {

/// A name cannot hold the separator, an address neither.
std::string pair_name(std::string_view account, const std::string& address) {
  return std::string(account) + '\n' + address;
}

} // namespace

std::string counted_address(std::string_view address) {
  std::string text(address);
  std::array<unsigned char, 16> bytes{};
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1)
    return text;
  const bool is_mapped_v4 = std::all_of(bytes.begin(), bytes.begin() + 10,
                                        [](unsigned char byte) { return byte == 0; }) &&
                            bytes[10] == 0xFF && bytes[11] == 0xFF;
  std::array<char, INET6_ADDRSTRLEN> written{};
  if (is_mapped_v4)
    return inet_ntop(AF_INET, bytes.data() + 12, written.data(), written.size());
  std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
  return std::string(inet_ntop(AF_INET6, bytes.data(), written.data(), written.size())) + "/64";
}

std::optional<epoch_us> failure_counter::wait(const std::string& name, epoch_us now) const {
  const auto found = names_.find(name);
  if (found == names_.end() || found->second.size() < max_failures_)
    return std::nullopt;
  const epoch_us free_again = found->second.front() + window_;
  return free_again > now ? std::optional(free_again - now) : std::nullopt;
}

void failure_counter::count(const std::string& name, epoch_us now) {
  if (names_.size() >= max_names_ && !names_.contains(name))
    make_space(now);
  auto& times = names_[name];
  times.push_back(now);
  if (times.size() > max_failures_)
    times.pop_front();
}

/// What no longer counts goes; where that is not enough, the names whose last failure is oldest.
void failure_counter::make_space(epoch_us now) {
  std::erase_if(names_, [&](const auto& entry) { return entry.second.back() + window_ <= now; });
  if (names_.size() < max_names_)
    return;
  std::vector<epoch_us> last;
  last.reserve(names_.size());
  for (const auto& [name, times] : names_)
    last.push_back(times.back());
  const auto eighth = last.begin() + static_cast<std::ptrdiff_t>(last.size() / 8);
  std::nth_element(last.begin(), eighth, last.end());
  std::erase_if(names_, [&](const auto& entry) { return entry.second.back() <= *eighth; });
}

std::optional<epoch_us> login_limits::wait(std::string_view account, std::string_view address,
                                           bool known_address, epoch_us now) const {
  const std::string from = counted_address(address);
  auto longest = pairs_.wait(pair_name(account, from), now);
  longest = std::max(longest, addresses_.wait(from, now));
  if (!known_address)
    longest = std::max(longest, accounts_.wait(std::string(account), now));
  return longest;
}

void login_limits::failed(std::string_view account, std::string_view address, bool known_address,
                          epoch_us now) {
  const std::string from = counted_address(address);
  pairs_.count(pair_name(account, from), now);
  addresses_.count(from, now);
  if (!known_address)
    accounts_.count(std::string(account), now);
}

void login_limits::succeeded(std::string_view account, std::string_view address) {
  pairs_.forget(pair_name(account, counted_address(address)));
}

} // namespace spec_kitty::server
