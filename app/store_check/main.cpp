// spec-kitty-store-check: looks at every row of a store, or makes a new store of what can be read.
//
//   spec-kitty-store-check check QUEUE         exit 0: the store is whole; 1: it is damaged
//   spec-kitty-store-check rebuild QUEUE NEW   writes NEW/env; the caller holds the store's lock
//
// One JSON object on stdout. A program of its own, because what reads a damaged file may crash or
// grow: memory and time are bounded here, and the process that starts it waits a bounded time.
#include "app/store_check/full_check.hpp"
#include "app/store_check/rebuilt_store.hpp"
#include "messages/payloads.hpp"
#include "util/files.hpp"
#include "util/json.hpp"
#include "util/lmdb.hpp"
#include "util/process.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <new>
#include <optional>
#include <string>
#include <thread>

namespace spec_kitty {

namespace fs = std::filesystem;

namespace {

constexpr int is_whole = 0;
constexpr int is_damaged = 1;
constexpr int no_verdict = 2;
constexpr rlim_t max_seconds = 600;
[[maybe_unused]] constexpr rlim_t memory_beside_files = rlim_t{3}
                                                        << 30; ///< the map of a new store is in it
constexpr int max_looks = 12; ///< some two seconds, with the pauses between them

/// And nobody waits for a check whose caller has ended: it ends with the thread that started it.
void bound_resources([[maybe_unused]] std::size_t file_bytes) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const rlimit time{max_seconds, max_seconds};
  ::setrlimit(RLIMIT_CPU, &time);
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
#ifndef SPEC_KITTY_SANITIZED // its shadow needs more than any bound
  const rlim_t memory = memory_beside_files + 8 * static_cast<rlim_t>(file_bytes);
  const rlimit space{memory, memory};
  ::setrlimit(RLIMIT_AS, &space);
#endif
}

int say(const json_buffer& text, int status) {
  const std::string line = std::string(text.GetString(), text.GetSize()) + "\n";
  return std::fwrite(line.data(), 1, line.size(), stdout) == line.size() && std::fflush(stdout) == 0
             ? status
             : no_verdict;
}

/// Of a damaged store also what can be read of it.
int say_findings(store_findings found, std::string_view file) {
  salvaged kept;
  if (!found.damage.empty()) {
    kept = salvage(file);
    found.events = kept.events.size();
    found.dead = kept.dead.size();
  }
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  payload_detail::write(out, "damage", found.damage);
  field(out, "events", found.events);
  field(out, "dead", found.dead);
  field(out, "lost", kept.lost.size() + kept.unnamed);
  field(out, "unknown", kept.unknown);
  out.EndObject();
  return say(buffer, found.damage.empty() ? is_whole : is_damaged);
}

pages::mapped_file mapped(const fs::path& data) {
  auto file = pages::mapped_file::open(data);
  if (!file)
    throw std::runtime_error(file.error().message);
  return std::move(*file);
}

/// LMDB keeps the pages of the state that a reader looks at.
class pinned_state {
public:
  explicit pinned_state(const fs::path& folder) {
    if (mdb_env_create(&env_) != 0)
      throw std::bad_alloc();
    mdb_env_set_maxdbs(env_, 16);
    if (const int rc = mdb_env_open(env_, folder.c_str(), MDB_NOTLS | MDB_RDONLY, 0600); rc != 0) {
      mdb_env_close(env_);
      throw lmdb_error(rc, "open");
    }
    txn_.emplace(env_, MDB_RDONLY);
  }
  ~pinned_state() {
    txn_.reset();
    mdb_env_close(env_);
  }
  pinned_state(const pinned_state&) = delete;
  pinned_state& operator=(const pinned_state&) = delete;

  std::uint64_t transaction() const { return txn_->id(); }

private:
  MDB_env* env_ = nullptr;
  std::optional<lmdb_txn> txn_;
};

/// A store in use changes between two looks at it: a fault of its head counts when the next look,
/// after a pause, finds the same.
int check(const fs::path& queue) {
  const fs::path data = queue / "env" / "data.mdb";
  std::string fault_before;
  for (int look = 0; look < max_looks; ++look) {
    if (look > 0)
      std::this_thread::sleep_for(std::chrono::milliseconds(1 << (look - 1)));
    std::string fault;
    auto file = mapped(data);
    std::optional<pinned_state> state;
    auto head = pages::read_header(file.bytes(), fault);
    if (head) {
      state.emplace(queue / "env");
      file = mapped(data);
      head = pages::header_of(file.bytes(), state->transaction(), fault);
    }
    if (head)
      return say_findings(check_everything(file.bytes(), *head, queue.parent_path()),
                          file.written());
    if (!fault.empty() && fault == fault_before)
      return say_findings({{fault}, 0, 0}, file.written());
    fault_before = fault;
  }
  std::fputs("the store is too busy to be looked at\n", stderr);
  return no_verdict;
}

int rebuild(const fs::path& queue, const fs::path& made) {
  const auto file = mapped(queue / "env" / "data.mdb");
  const auto kept = salvage(file.written());
  const auto done = write_rebuilt_store(kept, queue, made);
  if (!done) {
    std::fprintf(stderr, "%s\n", done.error().message.c_str());
    return no_verdict;
  }
  std::string why;
  const auto fresh = mapped(made / "env" / "data.mdb");
  const auto head = pages::read_header(fresh.bytes(), why);
  if (!head || !check_everything(fresh.bytes(), *head).damage.empty()) {
    std::fputs("the new store is not whole\n", stderr);
    return no_verdict;
  }
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "events", done->events);
  field(out, "dead", done->dead);
  field(out, "found_again", kept.found_again);
  payload_detail::write(out, "lost", kept.lost);
  field(out, "unnamed", kept.unnamed);
  field(out, "unknown", kept.unknown);
  field(out, "clock", done->clock);
  field(out, "node_id", done->node_id);
  payload_detail::write(out, "held_projects", done->held_projects);
  out.EndObject();
  return say(buffer, is_whole);
}

int run(const std::vector<std::string>& words) {
  if (words.size() < 2 || (words[0] != "check" && words[0] != "rebuild") ||
      words.size() != (words[0] == "check" ? 2U : 3U)) {
    std::fputs("usage: spec-kitty-store-check (check QUEUE | rebuild QUEUE NEW)\n", stderr);
    return no_verdict;
  }
  std::error_code error;
  const auto size = fs::file_size(fs::path(words[1]) / "env" / "data.mdb", error);
  bound_resources(error ? 0 : size);
  return words[0] == "check" ? check(words[1]) : rebuild(words[1], words[2]);
}

} // namespace

} // namespace spec_kitty

int main(int argc, char** argv) {
  spec_kitty::hide_memory();
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    return spec_kitty::run({argv + 1, argv + argc});
  } catch (const spec_kitty::lmdb_error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return error.rc() > 0 ? spec_kitty::no_verdict : spec_kitty::is_damaged;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return spec_kitty::no_verdict;
  }
}
