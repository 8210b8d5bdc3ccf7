// What a command does to the home, and the check that goes before it.
//
// A command that is not listed changes the store: a new one is guarded until somebody says that it
// only reads, and then tests/app/cli/reading_commands_test.cpp holds it to that.
#pragma once

#include "config/home.hpp"

#include <string_view>

namespace spec_kitty {

enum class home_use {
  none,          ///< has nothing to do with the home
  reads,         ///< creates, changes and removes nothing
  changes_files, ///< settings, credentials
  changes_store,
};

/// By the command's path, `sync now`.
home_use home_use_of(std::string_view command);

/// Refuses before anything is written: a home of another user, and for the store also a place
/// where none can be. Readers are let through; the store itself refuses them on such a place.
result<void> check_before(home_use use, const home_folder& home);

} // namespace spec_kitty
