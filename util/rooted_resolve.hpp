// How a folder below another one is opened without following a link. rooted_files.hpp is what
// other parts use.
#pragma once

#include "util/files.hpp"

#include <string>
#include <vector>

namespace spec_kitty {

/// Opens the folder that `parts` lead to, for use as the place of other names (O_PATH). `root` is
/// an open folder; each part is a single name. Without `parts` it is the root again. An empty
/// descriptor with errno set on failure: ELOOP for a symbolic link in any place.
unique_fd open_folder_below(int root, const std::vector<std::string>& parts);

} // namespace spec_kitty
