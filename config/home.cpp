#include "config/home.hpp"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace spec_kitty {

namespace fs = std::filesystem;

namespace {

/// $HOME, else what the user database says.
std::string user_home() {
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0')
    return home;
  const passwd* user = ::getpwuid(::getuid());
  return user != nullptr && user->pw_dir != nullptr ? user->pw_dir : "";
}

/// As the older tool asks for it (getpass.getuser), so that a home keeps its node id.
std::string user_name() {
  for (const char* name : {"LOGNAME", "USER", "LNAME", "USERNAME"}) // in Python's order
    if (const char* user = std::getenv(name); user != nullptr && *user != '\0')
      return user;
  const passwd* user = ::getpwuid(::getuid());
  return user != nullptr ? user->pw_name : std::to_string(::getuid());
}

} // namespace

result<home_folder> resolve_home(const std::optional<std::string>& flag) {
  const std::string base = user_home();
  const fs::path usual = base.empty() ? fs::path() : (fs::path(base) / ".spec-kitty");
  const char* named = std::getenv("SPEC_KITTY_HOME");
  std::string chosen = flag ? *flag : named != nullptr ? named : usual.string();
  if (chosen.empty() && (flag || named != nullptr))
    return failure{ec::bad_input, "the home folder's path is empty",
                   "give a folder with --home DIR, or unset SPEC_KITTY_HOME"};
  if (chosen.empty())
    return failure{ec::bad_input, "this user has no home folder",
                   "give a folder with --home DIR or SPEC_KITTY_HOME"};
  std::error_code error;
  const fs::path path = fs::absolute(chosen, error).lexically_normal();
  if (error)
    return failure{ec::bad_input, "cannot resolve the home folder " + chosen,
                   "give an absolute path with --home DIR"};
  const fs::path trimmed = path.filename().empty() ? path.parent_path() : path;
  return home_folder{trimmed, !usual.empty() && trimmed == usual.lexically_normal()};
}

node_seed local_seed(const home_folder& home) {
  std::array<char, 256> hostname{};
  ::gethostname(hostname.data(), hostname.size() - 1);
  return {hostname.data(), user_name(), home.is_default};
}

} // namespace spec_kitty
