#include "app/home/redaction_terms.hpp"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <utility>

namespace spec_kitty {

namespace {

/// The user's home folder: as HOME names it and where that leads. The user database is asked only
/// where HOME is not set: it costs a file or more.
std::vector<std::string> home_folders() {
  std::vector<std::string> names;
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0')
    names.emplace_back(home);
  else if (std::array<char, 16384> buffer{}; true) { // getpwuid is not thread-safe
    passwd entry{};
    passwd* user = nullptr;
    if (::getpwuid_r(::getuid(), &entry, buffer.data(), buffer.size(), &user) == 0 &&
        user != nullptr && user->pw_dir != nullptr)
      names.emplace_back(user->pw_dir);
  }
  if (names.empty())
    return names;
  std::error_code error;
  if (const auto real = std::filesystem::canonical(names.front(), error);
      !error && real.string() != names.front())
    names.push_back(real.string());
  if (names.back().size() > names.front().size()) // the longer first: one may lie in the other
    std::swap(names.front(), names.back());
  return names;
}

} // namespace

redaction_terms redaction_terms_for(const std::optional<credentials>& session) {
  redaction_terms words;
  words.home_folders = home_folders();
  if (const char* password = std::getenv("SPEC_KITTY_PASSWORD"))
    words.secrets.emplace_back(password);
  if (session) {
    words.tokens.push_back(session->access);
    words.tokens.push_back(session->refresh);
  }
  return words;
}

} // namespace spec_kitty
