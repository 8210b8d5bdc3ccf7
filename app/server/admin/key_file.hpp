// The file of signing keys: 0600, outside of the store, so that a copy of the store signs nothing.
#pragma once

#include "app/server/core/access_token.hpp"
#include "util/result.hpp"
#include "util/timestamp.hpp"

#include <filesystem>

namespace spec_kitty::server {

/// The keys of the file; makes it with a first key where it does not exist. bad_config, with the
/// remedy, for a file that others can read or that is not a key file.
result<signing_keys> read_key_file(const std::filesystem::path& file, epoch_us now);

/// Draws a new key and writes the file; what it holds then.
result<signing_keys> rotate_key_file(const std::filesystem::path& file, epoch_us now);

} // namespace spec_kitty::server
