// Commands of this program in what it prints: typed as they are printed, they have to act on the
// home that the command line named.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty {

/// From now on with_options() puts `options`, such as `--home /srv/team`, behind `program` wherever
/// one of these commands follows it. Called before threads are started.
void complete_printed_commands(std::string program, std::string options,
                               std::vector<std::string_view> commands);

/// The text of an error's hint, a warning or a remark with its commands completed.
std::string with_options(std::string_view text);

} // namespace spec_kitty
