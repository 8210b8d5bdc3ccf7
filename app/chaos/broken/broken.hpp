// spec-kitty with one thing broken on purpose. The harness must find each; nothing else uses it.
#pragma once

#include "app/home/home_view.hpp"
#include "util/result.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace spec_kitty::broken {

enum class flaw {
  none,           ///< records in the right order, like the program
  early,          ///< acknowledges before the commit
  loose_clock,    ///< reads the clock outside the transaction that appends
  no_sync,        ///< never waits for the disk
  delete_on_send, ///< removes events when they are sent, not when they are acknowledged
  forget_place,   ///< `sync watch` passes over --after and --log
  old_place,      ///< `sync watch` begins one event before --after
  forget_key,     ///< a refresh's key is lost with the process that drew it
  silent_logout,  ///< `auth logout` says nothing to the server
  keep_password,  ///< `sync now` logs in again where the session was ended
};

/// From now on nothing in this process waits for the disk.
void drop_syncs();

/// Stands in for `emit --stdin`: reads lines, records each in a transaction of its own, answers.
result<void> record_lines(const home_view& view, flaw how);

/// Stands in for `sync now`: one batch, removed from the queue, then sent.
result<void> send_batch(const home_view& view);

/// Keeps user and password of a login in the home; the password stays standard input.
void keep_login(const std::filesystem::path& home, const std::string& user);

/// Runs `sync now`, given as the words of its command line; where the session is over, it logs in
/// as was kept, and runs it again. The exit status.
int sync_by_any_means(const std::filesystem::path& home, const std::vector<std::string>& words);

} // namespace spec_kitty::broken
