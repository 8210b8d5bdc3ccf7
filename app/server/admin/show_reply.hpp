// Prints what a server answered: the JSON as it is, or the same for people.
#pragma once

#include "app/server/admin/administration.hpp"
#include "util/output.hpp"

#include <functional>
#include <string>

namespace spec_kitty::server {

/// True where the reply says that it was done.
bool show_reply(output& out, const std::string& reply);

/// Prints all pages of a team's export, one event in a line; the exit status.
int print_export(output& out, const arguments& given,
                 const std::function<result<std::string>(const arguments&)>& ask);

} // namespace spec_kitty::server
