#include "app/server/admin/state_folder.hpp"

#include "util/file_system.hpp"
#include "util/files.hpp"
#include "util/fsync.hpp"
#include "util/text.hpp"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

namespace spec_kitty::server {

namespace fs = std::filesystem;

namespace {

constexpr uid_t root_user = 0;
constexpr std::size_t max_user_record_bytes = 16 << 10;

struct user_record {
  std::string name;
  uid_t user = 0;
  gid_t group = 0;
};

/// From the system's list of users; the name is empty where it knows none of that number.
user_record record_of(uid_t user) {
  std::vector<char> memory(max_user_record_bytes);
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(user, &entry, memory.data(), memory.size(), &found) != 0 || found == nullptr)
    return {{}, user, 0};
  return {found->pw_name, found->pw_uid, found->pw_gid};
}

result<void> become(const user_record& owner, const fs::path& state) {
  const bool groups_set = owner.name.empty() ? ::setgroups(0, nullptr) == 0
                                             : ::initgroups(owner.name.c_str(), owner.group) == 0;
  if (groups_set && ::setgid(owner.group) == 0 && ::setuid(owner.user) == 0)
    return {};
  return failure{ec::store_unusable,
                 state.string() + " belongs to " + name_of_user(owner.user) +
                     ", and this process cannot become that user",
                 "run it as that user: sudo -u " + shell_word(name_of_user(owner.user)) +
                     " spec-kitty-server …"};
}

failure not_ours(const fs::path& state, const struct stat& found) {
  const std::string me = name_of_user(::geteuid());
  if (found.st_uid == root_user)
    return {ec::store_unusable,
            state.string() + " was made by root, and this process runs as " + me +
                ": it cannot write there",
            "give the folder to the service: sudo chown -R " + shell_word(me) + ": " +
                shell_word(state.string())};
  return {ec::store_unusable,
          state.string() + " belongs to " + name_of_user(found.st_uid) +
              ", and this process runs as " + me,
          "run it as that user: sudo -u " + shell_word(name_of_user(found.st_uid)) +
              " spec-kitty-server …"};
}

/// A file in the folder that belongs to another user was made by a stray command, and locks this
/// one out.
result<void> check_files_are_ours(const fs::path& state) {
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(state, none)) {
    struct stat found {};
    if (::lstat(entry.path().c_str(), &found) == 0 && found.st_uid != ::geteuid())
      return failure{ec::store_unusable,
                     entry.path().string() + " was made by " + name_of_user(found.st_uid) +
                         ", and the state folder belongs to " + name_of_user(::geteuid()),
                     "sudo chown -R " + shell_word(name_of_user(::geteuid())) + ": " +
                         shell_word(state.string())};
  }
  return {};
}

} // namespace

std::string name_of_user(unsigned user) {
  const auto record = record_of(user);
  return record.name.empty() ? std::to_string(user) : record.name;
}

result<void> make_state_folder(const fs::path& state, folder_owner owner) {
  std::error_code none;
  if (fs::exists(state, none))
    return {};
  if (auto ok = check_file_system(state); !ok)
    return ok;
  if (auto made = make_private_folder(state); !made)
    return failure{made.error().code, made.error().message,
                   "choose another folder with --state, or run the command as root"};
  if (owner == folder_owner::service && ::geteuid() == root_user) {
    std::vector<char> memory(max_user_record_bytes);
    passwd entry{};
    passwd* found = nullptr;
    const std::string name(service_user);
    if (::getpwnam_r(name.c_str(), &entry, memory.data(), memory.size(), &found) == 0 &&
        found != nullptr && ::chown(state.c_str(), found->pw_uid, found->pw_gid) != 0)
      return system_failure(errno, "cannot give " + state.string() + " to " + name);
  }
  if (const int error = fsync_parents(state); error != 0)
    return system_failure(error, "cannot sync the folders of " + state.string());
  return {};
}

result<void> enter_state_folder(const fs::path& state) {
  struct stat found {};
  if (::stat(state.c_str(), &found) != 0) {
    if (errno == ENOENT || errno == ENOTDIR)
      return failure{ec::not_found, "the state folder " + state.string() + " does not exist",
                     "make it with the first team: spec-kitty-server init --state " +
                         shell_word(state.string()) + " --team SLUG"};
    return failure{ec::store_unusable,
                   system_failure(errno, "cannot look at " + state.string()).message,
                   "run it as the user that the folder belongs to"};
  }
  if (!S_ISDIR(found.st_mode))
    return failure{ec::store_unusable, state.string() + " is not a folder",
                   "choose another one with --state"};
  if (auto ok = check_file_system(state); !ok)
    return ok;
  if (::geteuid() == root_user && found.st_uid != root_user) {
    auto owner = record_of(found.st_uid);
    owner.group = owner.name.empty() ? found.st_gid : owner.group;
    if (auto done = become(owner, state); !done)
      return done;
  } else if (found.st_uid != ::geteuid()) {
    return not_ours(state, found);
  }
  if ((found.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return failure{ec::store_unusable, state.string() + " can be changed by other users",
                   "sudo chmod go-rwx " + shell_word(state.string())};
  if (::access(state.c_str(), R_OK | W_OK | X_OK) != 0)
    return failure{ec::store_unusable,
                   system_failure(errno, "cannot write in " + state.string()).message,
                   "sudo chmod u+rwx " + shell_word(state.string())};
  return check_files_are_ours(state);
}

} // namespace spec_kitty::server
