// What a command does to the home, and the check before it runs.
//
// A command that is not listed counts as one that changes the store. For a command listed as
// reading, tests/app/cli/reading_commands_test.cpp checks that it only reads.
#pragma once

#include "config/home.hpp"

#include <string_view>

namespace spec_kitty {

enum class home_use {
  none,          ///< does not use the home
  diagnoses,     ///< reads, and says what is wrong with it
  reads,         ///< creates, changes and removes nothing
  changes_files, ///< settings, credentials
  changes_store,
};

/// By the command's path, `sync now`.
home_use home_use_of(std::string_view command);

/// Refuses before anything is written: a home of another user, and for the store also an unsuitable
/// file system. Commands that read pass; the store itself refuses such a place. A home that others
/// may write is refused to all that act on its content, which is all but a diagnosis.
result<void> check_before(home_use use, const home_folder& home);

} // namespace spec_kitty
