#include "app/home/store_check.hpp"

#include "actors/queue/environment.hpp"
#include "messages/ulid.hpp"
#include "util/files.hpp"
#include "util/fsync.hpp"
#include "util/install_tree.hpp"
#include "util/json.hpp"
#include "util/process.hpp"
#include "util/text.hpp"
#include "util/timestamp.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

namespace spec_kitty {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::seconds usual_patience{60};
constexpr std::uint64_t bytes_per_second = 4'000'000; ///< at least, of a large store
constexpr std::uint64_t max_more_s = 540;
constexpr std::string_view kept_prefix = "damaged.";

/// What the program reply, and how it ended.
result<program_end> run_check(std::vector<std::string> words, const fs::path& queue,
                              const check_options& options = {}) {
  auto part = find_part("spec-kitty-store-check", options.modules);
  if (!part)
    return part.error();
  std::error_code error;
  const auto size = fs::file_size(queue / "env" / "data.mdb", error);
  program what;
  what.argv = std::move(words);
  what.argv.insert(what.argv.begin(), part->string());
  what.folder = "/";
  what.before_start = options.before_start;
  what.patience = usual_patience +
                  std::chrono::seconds(error ? 0 : std::min(size / bytes_per_second, max_more_s));
  return run_program(what);
}

failure no_verdict(const fs::path& queue, const program_end& end) {
  return {ec::store_unusable,
          "the store in " + queue.string() + " could not be checked: " +
              (end.err.empty() ? "the check ended with status " + std::to_string(end.status)
                               : printable(end.err.substr(0, end.err.find('\n')))),
          "check memory and disk space, then run the command again"};
}

std::uint64_t count_in(const json_value& object, const char* name) {
  return static_cast<std::uint64_t>(
      std::max<std::int64_t>(0, whole_number_of(object, name).value_or(0)));
}

std::vector<std::string> texts_in(const json_value& object, const char* name) {
  std::vector<std::string> found;
  if (const json_value* list = member(object, name); list != nullptr && list->IsArray())
    for (const auto& text : list->GetArray())
      if (text.IsString())
        found.emplace_back(text.GetString(), text.GetStringLength());
  return found;
}

bool is_true(const json_value& object, const char* name) {
  const json_value* value = member(object, name);
  return value != nullptr && value->IsTrue();
}

/// The process that has the store open: LMDB holds a lock on its lock file meanwhile. This process
/// must not have it open itself.
pid_t user_of(const fs::path& lock_file) {
  const auto file = open_regular(lock_file, O_RDWR, last_link::refuse);
  struct flock wanted {};
  wanted.l_type = F_WRLCK;
  wanted.l_whence = SEEK_SET;
  wanted.l_len = 1;
  if (!file || !*file || ::fcntl(file->get(), F_GETLK, &wanted) != 0 || wanted.l_type == F_UNLCK)
    return 0;
  return wanted.l_pid;
}

/// The lock of the store, so that nobody opens it meanwhile.
result<unique_fd> lock_store(const fs::path& queue, std::chrono::milliseconds busy_timeout) {
  auto lock = open_regular(queue / "lock", O_RDWR, last_link::refuse);
  if (!lock || !*lock)
    return lock ? failure{ec::not_found, "there is no store in " + queue.string(), {}}
                : lock.error();
  const auto granted = poll_lock(lock->get(), busy_timeout);
  if (!granted)
    return granted.error();
  if (!*granted)
    return failure{ec::store_busy, "another process has locked the store in " + queue.string(),
                   "see which process holds it with: fuser " +
                       shell_word((queue / "lock").string())};
  if (const pid_t pid = user_of(queue / "env" / "lock.mdb"); pid != 0)
    return failure{ec::store_busy,
                   "process " + std::to_string(pid) + " has the store in " + queue.string() +
                       " open; end it first",
                   "see what it is with: ps -f -p " + std::to_string(pid)};
  return lock;
}

failure not_repaired(const fs::path& queue, const std::string& why) {
  return {ec::store_corrupt,
          "the store in " + queue.string() + " could not be repaired: " + why +
              "; nothing was changed",
          "to begin anew and keep it, run: mv " + shell_word((queue / "env").string()) + " " +
              shell_word((queue / "env.damaged").string())};
}

/// The new store takes the place of the damaged one in one step. Where that is not durable, a power
/// loss brings the damaged one back, to be repaired again.
result<void> exchange(const fs::path& made, const fs::path& place) {
  if (::renameat2(AT_FDCWD, made.c_str(), AT_FDCWD, place.c_str(), RENAME_EXCHANGE) != 0)
    return system_failure(errno, "cannot put the new store in place of " + place.string());
  for (const auto& folder : {made.parent_path(), place.parent_path()})
    (void)fsync_directory(folder);
  return {};
}

result<repair_done> rebuild_into(const fs::path& queue, const fs::path& kept_in) {
  const auto end = run_check({"rebuild", queue.string(), kept_in.string()}, queue);
  if (!end)
    return not_repaired(queue, end.error().message);
  const auto reply = end->status == 0 ? parse_json(end->out) : result<json_document>(failure{});
  if (!reply)
    return not_repaired(queue, end->status < 0 ? "what reads it crashed"
                                               : no_verdict(queue, *end).message);
  repair_done done;
  done.was_damaged = true;
  done.events = count_in(*reply, "events");
  done.dead = count_in(*reply, "dead");
  done.found_again = count_in(*reply, "found_again");
  done.lost = texts_in(*reply, "lost");
  done.unnamed = count_in(*reply, "unnamed");
  done.unknown = is_true(*reply, "unknown");
  done.clock = count_in(*reply, "clock");
  done.node_id = text_of(*reply, "node_id").value_or("");
  done.held_projects = texts_in(*reply, "held_projects");
  done.kept_in = kept_in;
  if (auto written = replace_file(kept_in / "lost.json", end->out); !written)
    return written.error();
  if (auto exchanged = exchange(kept_in / "env", queue / "env"); !exchanged)
    return exchanged.error();
  return done;
}

} // namespace

std::string store_verdict::sentence() const {
  std::string text = damage.empty() ? std::string() : damage.front();
  if (damage.size() > 1)
    text += " (and " + std::to_string(damage.size() - 1) + " more)";
  text += "; " + count_of(events + dead, "event") + " can be read";
  if (lost_unknown)
    text += ", how many are lost is not known";
  else if (lost > 0)
    text += ", " + std::to_string(lost) + (lost == 1 ? " is lost" : " are lost");
  return text;
}

result<store_verdict> check_store(const fs::path& home, const check_options& options) {
  const fs::path queue = home / "queue";
  const auto end = run_check({"check", queue.string()}, queue, options);
  if (!end)
    return end.error();
  store_verdict verdict;
  if (end->status < 0) {
    verdict.damage = {"what reads it crashed"};
    verdict.lost_unknown = true;
    return verdict;
  }
  const auto reply = end->status <= 1 ? parse_json(end->out) : result<json_document>(failure{});
  if (!reply)
    return no_verdict(queue, *end);
  verdict.damage = texts_in(*reply, "damage");
  verdict.events = count_in(*reply, "events");
  verdict.dead = count_in(*reply, "dead");
  verdict.lost = count_in(*reply, "lost");
  verdict.lost_unknown = is_true(*reply, "unknown");
  return verdict;
}

failure after_full_check(const fs::path& home, const failure& why) {
  const auto verdict = check_store(home);
  if (!verdict || verdict->is_whole())
    return why;
  return damaged_store(home / "queue", verdict->sentence());
}

result<repair_done> repair_store(const fs::path& home, std::chrono::milliseconds busy_timeout) {
  const fs::path queue = home / "queue";
  std::error_code error;
  if (!fs::exists(queue / "env", error))
    return repair_done{};
  const auto lock = lock_store(queue, busy_timeout);
  if (!lock)
    return lock.error();
  const auto verdict = check_store(home);
  if (!verdict)
    return verdict.error();
  if (verdict->is_whole())
    return repair_done{false, verdict->events, verdict->dead, 0, {}, 0, false, 0, {}, {}, {}};
  const auto now_ms = static_cast<std::uint64_t>(std::max<epoch_us>(wall_clock_now(), 0) / 1000);
  const fs::path kept_in =
      queue / (std::string(kept_prefix) + to_string(next_ulid({}, now_ms, draw_randomness())));
  auto done = rebuild_into(queue, kept_in);
  if (!done)
    fs::remove_all(kept_in, error); // what was made in it is not in place
  return done;
}

std::vector<fs::path> repaired_stores(const fs::path& home) {
  std::vector<fs::path> found;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(home / "queue", none))
    if (entry.path().filename().string().starts_with(kept_prefix))
      found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

} // namespace spec_kitty
