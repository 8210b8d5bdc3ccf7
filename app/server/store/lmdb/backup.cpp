#include "app/server/store/lmdb/backup.hpp"

#include "app/server/store/lmdb/account_rows.hpp"
#include "util/file_system.hpp"
#include "util/fsync.hpp"
#include "util/text.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <vector>

namespace spec_kitty::server::store {

namespace fs = std::filesystem;

namespace {

/// A store in the making, beside the place where it will stand.
constexpr const char* unfinished_store_name = "store.new";
constexpr std::size_t copy_buffer_bytes = std::size_t{1} << 20;

result<unique_fd> new_file(const fs::path& file) {
  unique_fd out(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!out)
    return system_failure(errno, "cannot make " + file.string());
  return out;
}

/// Removes a file at the end of a scope unless it was released.
class unfinished_file {
public:
  explicit unfinished_file(fs::path file) : file_(std::move(file)) {}
  ~unfinished_file() {
    if (!file_.empty())
      ::unlink(file_.c_str());
  }
  unfinished_file(const unfinished_file&) = delete;
  unfinished_file& operator=(const unfinished_file&) = delete;
  void release() { file_.clear(); }

private:
  fs::path file_;
};

/// Fails where the other name exists, on file systems that can; else nothing had it a moment
/// before.
int rename_to_new(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0)
    return 0;
  if (errno != EINVAL && errno != ENOSYS)
    return errno;
  return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

result<void> copy_bytes(const fs::path& from, const fs::path& to) {
  auto in = open_regular(from, O_RDONLY);
  if (!in)
    return input_failure(in.error());
  if (!*in)
    return failure{ec::bad_input, from.string() + " does not exist", {}};
  auto out = new_file(to);
  if (!out)
    return out.error();
  std::vector<char> buffer(copy_buffer_bytes);
  for (;;) {
    const ssize_t got = ::read(in->get(), buffer.data(), buffer.size());
    if (got == 0)
      break;
    if (got < 0)
      return system_failure(errno, "cannot read " + from.string());
    for (ssize_t done = 0; done < got;) {
      const ssize_t put =
          ::write(out->get(), buffer.data() + done, static_cast<std::size_t>(got - done));
      if (put < 0)
        return system_failure(errno, "cannot write " + to.string());
      done += put;
    }
  }
  if (::fsync(out->get()) != 0)
    return system_failure(errno, "cannot sync " + to.string());
  return {};
}

/// Refuses what LMDB would not recognise, before it maps the file.
result<void> check_backup(const fs::path& file) {
  const auto opened = open_regular(file, O_RDONLY);
  if (!opened)
    return input_failure(opened.error());
  std::array<unsigned char, 20> head{};
  constexpr std::array<unsigned char, 4> magic = {0xDE, 0xC0, 0xEF, 0xBE};
  if (!*opened)
    return failure{ec::bad_input, file.string() + " does not exist",
                   "name a file that spec-kitty-server backup made"};
  if (::pread(opened->get(), head.data(), head.size(), 0) != ssize_t{20} ||
      !std::equal(magic.begin(), magic.end(), head.begin() + 16))
    return failure{ec::bad_input, file.string() + " is not a backup of spec-kitty-server",
                   "name a file that spec-kitty-server backup made"};
  return {};
}

result<void> draw_new_logs(lmdb_environment& env) {
  return env.write([&](lmdb_txn& txn) -> result<void> {
    for (auto& row : all_teams(txn, env.tables())) {
      row.log = to_string(new_id(wall_clock_now()));
      put_team(txn, env.tables(), row);
    }
    return {};
  });
}

result<void> check_no_store(const fs::path& state) {
  if (has_store(state))
    return failure{ec::bad_input, "there is a store in " + state.string() + " already",
                   "name another state folder, or move " +
                       shell_word((state / store_folder_name).string()) + " away"};
  return {};
}

/// The state folder, made where it does not exist, without an unfinished store.
result<void> prepare_state(const fs::path& state) {
  if (auto made = make_private_folder(state); !made)
    return made;
  if (auto trusted = check_state_folder(state); !trusted)
    return trusted;
  if (auto empty = check_no_store(state); !empty)
    return empty;
  std::error_code error;
  fs::remove_all(state / unfinished_store_name, error);
  if (error)
    return system_failure(error.value(),
                          "cannot remove " + (state / unfinished_store_name).string());
  return {};
}

/// Gives the finished store its name.
result<void> put_in_place(const fs::path& state) {
  const fs::path made = state / unfinished_store_name;
  if (const int error = fsync_directory(made); error != 0)
    return system_failure(error, "cannot sync " + made.string());
  if (::rename(made.c_str(), (state / store_folder_name).c_str()) != 0)
    return system_failure(errno, "cannot rename " + made.string());
  if (const int error = fsync_parents(state / store_folder_name); error != 0)
    return system_failure(error, "cannot sync " + state.string());
  return {};
}

} // namespace

result<void> check_state_folder(const fs::path& state) {
  struct stat found {};
  if (::lstat(state.c_str(), &found) != 0) {
    if (errno == ENOENT)
      return failure{ec::not_found, "the state folder " + state.string() + " does not exist",
                     "run: spec-kitty-server init --state " + shell_word(state.string())};
    return system_failure(errno, "cannot reach the state folder " + state.string());
  }
  const std::string word = shell_word(state.string());
  if (!S_ISDIR(found.st_mode))
    return failure{ec::store_unusable, "the state folder " + state.string() + " is not a folder",
                   "name another one with --state"};
  if (found.st_uid != ::geteuid())
    return failure{
        ec::store_unusable,
        "the state folder " + state.string() + " belongs to user " + std::to_string(found.st_uid) +
            ", this program runs as user " + std::to_string(::geteuid()),
        "run the server as that user, or: chown -R " + std::to_string(::geteuid()) + " " + word};
  if ((found.st_mode & 0077) != 0)
    return failure{ec::store_unusable, "others may enter the state folder " + state.string(),
                   "run: chmod 700 " + word};
  return check_file_system(state);
}

bool has_store(const fs::path& state) {
  struct stat found {};
  return ::lstat((state / store_folder_name).c_str(), &found) == 0;
}

result<void> create_lmdb_store(const lmdb_options& options) {
  if (auto ready = prepare_state(options.state); !ready)
    return ready;
  {
    auto env = lmdb_environment::open(options.state / unfinished_store_name, options.map_bytes,
                                      opening::fresh);
    if (!env)
      return env.error();
  }
  return put_in_place(options.state);
}

result<void> restore_lmdb_store(const lmdb_options& options, const fs::path& backup) {
  if (auto usable = check_backup(backup); !usable)
    return usable;
  if (auto ready = prepare_state(options.state); !ready)
    return ready;
  const fs::path folder = options.state / unfinished_store_name;
  if (auto made = make_private_folder(folder); !made)
    return made;
  if (auto copied = copy_bytes(backup, folder / "data.mdb"); !copied)
    return copied;
  {
    auto env = lmdb_environment::open(folder, options.map_bytes, opening::existing);
    if (!env)
      return env.error();
    if (auto drawn = draw_new_logs(**env); !drawn)
      return drawn;
  }
  return put_in_place(options.state);
}

result<void> copy_store(lmdb_environment& env, const fs::path& file) {
  const fs::path unfinished = file.string() + ".unfinished";
  if (fs::exists(fs::symlink_status(file)))
    return failure{ec::bad_input, file.string() + " exists already", "name another file"};
  ::unlink(unfinished.c_str()); // of a backup that was interrupted
  auto out = new_file(unfinished);
  if (!out)
    return out.error();
  unfinished_file remover(unfinished);
  if (const int rc = env.copy_to(out->get()); rc != MDB_SUCCESS)
    return env.failure_of(rc, ("copy it to " + file.string()).c_str());
  if (::fsync(out->get()) != 0)
    return system_failure(errno, "cannot sync " + unfinished.string());
  if (const int error = rename_to_new(unfinished, file); error != 0)
    return system_failure(error, "cannot name " + file.string());
  remover.release();
  if (const int error = fsync_directory(file.parent_path().empty() ? "." : file.parent_path());
      error != 0)
    return system_failure(error, "cannot sync the folder of " + file.string());
  return {};
}

} // namespace spec_kitty::server::store
