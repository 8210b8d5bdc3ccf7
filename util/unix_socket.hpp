// Unix sockets in the home. Their addresses hold about 100 characters, so they are reached through
// /proc/self/fd/<the home's descriptor>: a home of any length works.
#pragma once

#include "util/files.hpp"

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string_view>

namespace spec_kitty {

inline constexpr std::string_view control_socket = "daemon.sock"; ///< stream: requests, replies
inline constexpr std::string_view ring_socket = "daemon.ring";    ///< datagrams: the doorbell

enum class socket_kind { stream, datagram };

/// A socket bound in the home, mode 0600; an existing one is removed first: only for the holder of
/// the daemon's lock. A stream socket listens.
result<unique_fd> bind_in_home(const std::filesystem::path& home, std::string_view name,
                               socket_kind kind);

/// Removes a socket's file; only for the holder of the daemon's lock.
void remove_from_home(const std::filesystem::path& home, std::string_view name);

/// A connected stream socket; not_found where no process listens, unhealthy where one listens and
/// does not accept more connections. Never waits.
result<unique_fd> connect_in_home(const std::filesystem::path& home, std::string_view name);

/// What became of a datagram.
enum class delivery { taken, full, nobody };

/// Sends one letter to a datagram socket. Never waits; a few system calls.
delivery send_in_home(const std::filesystem::path& home, std::string_view name, char letter);

/// The process at the other end, as the kernel reports it: for a connection made with
/// connect_in_home, the process that listens.
struct socket_peer {
  pid_t pid = 0;
  uid_t uid = 0;
};
result<socket_peer> peer_of(int fd);

/// Waits until the descriptor can be read (or written); false when patience ends first.
bool wait_for(int fd, bool writable, std::chrono::milliseconds patience);

} // namespace spec_kitty
