#include "app/cli/examine.hpp"
#include "actors/clock/foreign_mirror.hpp"

#include "actors/queue/spill.hpp"
#include "app/cli/looks.hpp"
#include "app/daemon/control.hpp"
#include "app/home/sync_system.hpp"
#include "config/home_check.hpp"
#include "util/files.hpp"
#include "util/text.hpp"
#include "util/version.hpp"
#include "util/working_line.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include <fstream>
#include <iomanip>
#include <sstream>

namespace spec_kitty {

namespace fs = std::filesystem;

namespace {

constexpr long tmpfs_magic = 0x01021994;
constexpr long ramfs_magic = 0x858458f6;

/// The home and its files, if others may read or write them.
std::vector<open_file> files_open_to_others(const fs::path& home) {
  std::vector<open_file> found;
  const auto look = [&](const fs::path& path) {
    struct stat info {};
    if (::lstat(path.c_str(), &info) == 0 && !S_ISLNK(info.st_mode) && !S_ISSOCK(info.st_mode) &&
        (info.st_mode & 077U) != 0)
      found.push_back({path, info.st_mode & 0777U});
  };
  look(home);
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(home, none))
    look(entry.path());
  return found;
}

bool is_in_memory(const fs::path& home) {
  struct statfs info {};
  return ::statfs(home.c_str(), &info) == 0 &&
         (info.f_type == tmpfs_magic || info.f_type == ramfs_magic);
}

/// The process that /proc/locks names as the holder of a lock on this file.
std::optional<lock_holder> holder_of(const struct stat& file) {
  std::ostringstream mark; // major and minor in hex, the inode in decimal
  mark << std::hex << std::setfill('0') << std::setw(2) << ::major(file.st_dev) << ':'
       << std::setw(2) << ::minor(file.st_dev) << std::dec << ':' << file.st_ino;
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    std::istringstream words(line);
    std::string number, kind, advice, access, place;
    lock_holder holder;
    words >> number >> kind >> advice >> access >> holder.pid >> place;
    if (kind != "FLOCK" || place != mark.str() || holder.pid <= 0)
      continue;
    const fs::path process = fs::path("/proc") / std::to_string(holder.pid);
    std::ifstream(process / "comm") >> holder.name;
    std::string rest;
    std::getline(std::ifstream(process / "stat"), rest);
    if (const auto end = rest.rfind(')'); end != std::string::npos && end + 2 < rest.size())
      holder.stopped = rest[end + 2] == 'T';
    return holder;
  }
  return std::nullopt;
}

/// Whether a process holds the store longer than a command would wait, and which one.
void examine_lock(const context& ctx, evidence& seen) {
  const fs::path lock = ctx.home.path / "queue" / "lock";
  const auto fd = open_regular(lock, O_RDONLY, last_link::refuse);
  if (!fd || !*fd)
    return;
  const auto granted = poll_lock(fd->get(), ctx.store_settings().busy_timeout);
  if (!granted || *granted)
    return; // closing the file releases the lock
  seen.store_busy = true;
  struct stat info {};
  if (::fstat(fd->get(), &info) == 0)
    seen.holder = holder_of(info);
}

/// When the newest event was recorded, from its id.
epoch_us time_of_newest(const context& ctx) {
  auto store = ctx.open_for_reading();
  if (!store || !*store)
    return 0;
  const auto newest = (*store)->newest_id();
  return newest ? static_cast<epoch_us>(newest->milliseconds()) * 1000 : 0;
}

/// Whether a server refused stamps of this home, because another event has them.
bool has_taken_stamps(const context& ctx) {
  auto store = ctx.open_for_reading();
  if (!store || !*store)
    return false;
  const auto taken = (*store)->stamps_are_taken();
  return taken && *taken;
}

/// What the look at every row finds.
std::optional<failure> problem_of_whole_store(const context& ctx) {
  const fs::path& home = ctx.home.path;
  const working_line line(ctx.out, "checking every row of the store");
  const auto verdict = check_store(home);
  if (!verdict)
    return verdict.error();
  return verdict->is_whole() ? std::nullopt
                             : std::optional(damaged_store(home / "queue", verdict->sentence()));
}

std::optional<server_answer> ask_server(const context& ctx, const server_url& server,
                                        const snapshot& shot) {
  const bool mine = shot.session && shot.session->server == server.origin();
  sync_system system(ctx, server);
  auto answer = system.probe(mine);
  if (answer.reply.outcome == http_outcome::answered) {
    const auto session = read_credentials(ctx.home.path); // the probe may have renewed it
    answer.offer = system.ask_offer(mine && session ? *session : std::nullopt);
  }
  system.close();
  return answer;
}

/// Asks the daemon, if one listens, for its identity.
void examine_daemon(const context& ctx, evidence& seen) {
  seen.version = version;
  seen.autostart = ctx.config.flag("sync.autostart");
  const bool listens = connect_in_home(ctx.home.path, control_socket).ok();
  seen.daemon = spec_kitty::query_daemon(
      ctx.home.path, listens ? delivery::taken : delivery::nobody, seen.shot.queued);
  if (!listens || seen.daemon.stopped)
    return;
  if (const auto there = control_client::connect(ctx.home.path))
    seen.daemon_version = there->daemon().version;
  else if (there.error().code == ec::unhealthy)
    seen.daemon_problem = there.error().message;
}

} // namespace

std::string program_for(const home_folder& home) {
  return home.is_default ? "spec-kitty" : "spec-kitty --home " + shell_word(home.path.string());
}

evidence examine(const context& ctx) {
  evidence seen;
  seen.program = program_for(ctx.home);
  seen.time_words = [&ctx](epoch_us at) { return shown_time(ctx, at); };
  seen.home = ctx.home.path;
  if (auto ok = check_home(ctx.home.path); !ok)
    seen.home_problem = ok.error();
  seen.open_files = files_open_to_others(ctx.home.path);
  seen.volatile_home = is_in_memory(ctx.home.path);
  seen.config_problem = ctx.config_problem;
  seen.server_url = ctx.config.text("sync.server_url");
  seen.max_events = static_cast<std::uint64_t>(ctx.config.number("sync.max_queue_size"));
  examine_lock(ctx, seen);
  if (auto shot = take_snapshot(ctx))
    seen.shot = std::move(*shot);
  else
    seen.store_problem = shot.error();
  if (!seen.store_problem && seen.shot.home_exists)
    seen.store_problem = problem_of_whole_store(ctx);
  seen.repaired = repaired_stores(ctx.home.path);
  if (seen.store_problem) // the rest does not need the store
    seen.shot = snapshot_without_store(ctx);
  seen.damaged_spill = damaged_spill_files(ctx.home.path);
  seen.mirror = read_mirror(ctx.home.path);
  seen.clock_conflicts = clock_conflicts(ctx.home.path, seen.shot.queue.node_id);
  if (!seen.store_problem) {
    seen.newest_event_at = time_of_newest(ctx);
    seen.stamps_taken = has_taken_stamps(ctx);
  }
  examine_daemon(ctx, seen);
  if (const auto repo = workflow::repository::here())
    seen.intents = workflow::open_intents(*repo);
  const auto server = configured_server(ctx.config);
  if (server)
    seen.server_origin = server->origin();
  if (server && !seen.home_problem)
    seen.server = ask_server(ctx, *server, seen.shot);
  return seen;
}

} // namespace spec_kitty
