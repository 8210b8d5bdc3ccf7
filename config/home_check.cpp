#include "config/home_check.hpp"

#include "util/file_system.hpp"
#include "util/files.hpp"
#include "util/text.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

namespace spec_kitty {

namespace fs = std::filesystem;

namespace {

constexpr uid_t root = 0;

/// The parts of a store that a stray root command leaves behind.
constexpr std::array<const char*, 4> store_parts = {"queue", "queue/lock", "queue/env",
                                                    "queue/env/data.mdb"};

/// What decides where events go and who sends them; who may write the folders may replace the rest.
constexpr std::array<const char*, 15> trusted_parts = {
    "config.toml",        "credentials", "clock.json",  "queue",
    "queue/lock",         "queue/env",   "spill",       "queue/env/data.mdb",
    "queue/env/lock.mdb", "overflow",    "daemon.json", "daemon.lock",
    "approved",           "server.json", "journal"};

/// The parts of a home, looked at through one descriptor of it.
class home_parts {
public:
  explicit home_parts(const fs::path& home)
      : home_(::open(home.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {}

  /// False where there is no such part.
  bool look(const char* part, struct stat& found, int flags = 0) const {
    return home_ && ::fstatat(home_.get(), part, &found, flags) == 0;
  }

private:
  unique_fd home_;
};

std::string name_of(uid_t user) {
  const passwd* known = ::getpwuid(user);
  return known != nullptr ? known->pw_name : "user " + std::to_string(user);
}

std::string in_words(uid_t user) {
  const passwd* known = ::getpwuid(user);
  return known != nullptr ? std::string(known->pw_name) + " (uid " + std::to_string(user) + ")"
                          : "uid " + std::to_string(user);
}

failure of_another(const std::string& what, uid_t owner) {
  return {ec::store_unusable,
          what + " belongs to " + in_words(owner) + ", and this command runs as " +
              in_words(::geteuid()) + ": nothing is written there",
          "run it as " + name_of(owner) +
              ", or choose another home with --home DIR or SPEC_KITTY_HOME"};
}

} // namespace

result<void> check_is_folder(const fs::path& home) {
  struct stat found {};
  if (::stat(home.c_str(), &found) != 0 || S_ISDIR(found.st_mode))
    return {};
  return failure{ec::store_unusable, home.string() + " exists and is not a folder",
                 "move it away, or choose another home with --home"};
}

result<void> check_owner(const fs::path& home) {
  const uid_t self = ::geteuid();
  struct stat found {};
  if (::stat(home.c_str(), &found) != 0) {
    if (errno != ENOENT || self != root)
      return {}; // another reason, which the first access names better
    const fs::path parent = nearest_existing(home);
    if (::stat(parent.c_str(), &found) != 0 || found.st_uid == root)
      return {};
    return of_another("the folder " + parent.string() + ", in which the home " + home.string() +
                          " would be created,",
                      found.st_uid);
  }
  if (found.st_uid != self)
    return of_another("the home " + home.string(), found.st_uid);
  const home_parts parts(home);
  for (const char* part : store_parts) {
    if (parts.look(part, found) && found.st_uid != self)
      return failure{ec::store_unusable,
                     (home / part).string() + " belongs to " + in_words(found.st_uid) +
                         ", in a home of " + in_words(self),
                     "change the owner with: sudo chown -R " + shell_word(name_of(self)) + " " +
                         shell_word(home.string())};
  }
  return {};
}

result<void> check_only_ours(const fs::path& home) {
  std::string writable;
  const auto others_can_write = [](const struct stat& found) {
    return (S_ISDIR(found.st_mode) || S_ISREG(found.st_mode)) &&
           (found.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  };
  struct stat found {};
  std::error_code error;
  if (::stat(home.c_str(), &found) == 0 && others_can_write(found))
    writable +=
        " " +
        shell_word((fs::is_symlink(home, error) ? fs::canonical(home, error) : home).string());
  const home_parts parts(home);
  for (const char* part : trusted_parts)
    if (parts.look(part, found, AT_SYMLINK_NOFOLLOW) && others_can_write(found))
      writable += " " + shell_word((home / part).string());
  if (writable.empty())
    return {};
  return failure{ec::store_unusable,
                 "other users can change what stands in the home " + home.string() +
                     ", so it is not used",
                 "chmod go-w" + writable};
}

result<void> check_trusted(const fs::path& home) {
  auto ok = check_owner(home);
  return ok ? check_only_ours(home) : ok;
}

result<void> check_writable(const fs::path& home) {
  const fs::path place = nearest_existing(home);
  if (::faccessat(AT_FDCWD, place.c_str(), W_OK | X_OK, AT_EACCESS) == 0)
    return {};
  return system_failure(errno, "cannot write in " + place.string());
}

result<void> check_home(const fs::path& home) {
  if (auto ok = check_is_folder(home); !ok)
    return ok;
  if (auto ok = check_trusted(home); !ok)
    return ok;
  if (auto ok = check_file_system(home / "queue"); !ok)
    return ok;
  return check_writable(home);
}

} // namespace spec_kitty
