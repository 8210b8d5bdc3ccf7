// What it costs to store events: `server_store_bench EVENTS.jsonl FOLDER TEAMS PER_TEAM GROUPS`,
// and to read what a server has kept in its state folder: `server_store_bench FOLDER TIMES`.
//
// EVENTS.jsonl has one {"event_type": …, "payload": …} in a line; they become whole events of so
// many teams. A group has PER_TEAM events of each. The processor time is that of the engine's
// threads alone: making events and their leaves is the caller's, which is printed beside it.
#include "app/server/store/leaf.hpp"
#include "app/server/store/lmdb/open.hpp"
#include "util/timestamp.hpp"

#include <ctime>

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace spec_kitty::server::store {
namespace {

double cpu_seconds(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// Makes events as a client does: a node with its own clock, fresh ids, payloads of the file.
class event_source {
public:
  explicit event_source(const char* file) {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);)
      bodies_.push_back(line.substr(1, line.size() - 2));
  }
  bool is_empty() const { return bodies_.empty(); }

  batch next(team_id team, std::size_t count) {
    const auto memory = std::make_shared<std::vector<std::string>>();
    memory->reserve(count);
    batch out;
    out.team = team;
    out.account = 1 + team % 7;
    out.sender = last_;
    out.received_at = wall_clock_now();
    for (std::size_t i = 0; i < count; ++i) {
      ulid_randomness random{};
      for (auto& byte : random)
        byte = static_cast<std::uint8_t>(noise_());
      const ulid cause = last_;
      last_ = next_ulid(last_, static_cast<std::uint64_t>(wall_clock_now()) / 1000, random);
      ++clock_;
      const auto& text = memory->emplace_back(
          R"({"event_id":")" + to_string(last_) + R"(","lamport_clock":)" + std::to_string(clock_) +
          R"(,"node_id":"a1b2c3d4e5f6","team_slug":"team-)" + std::to_string(team) +
          R"(","project_uuid":"6f1c2f0e-9f0b-4b57-8f5e-2a1d2f3c4b5a","aggregate_id":"WP01",)" +
          R"("aggregate_type":"WorkPackage","causation_id":")" + to_string(cause) + R"(",)" +
          bodies_[clock_ % bodies_.size()] + R"(,"timestamp":")" +
          format_timestamp(wall_clock_now()) + "\"}");
      out.events.push_back({last_, "a1b2c3d4e5f6", clock_, hasher_.of(text), text});
      bytes_ += text.size();
    }
    out.memory = memory;
    return out;
  }
  std::uint64_t bytes() const { return bytes_; }

private:
  std::vector<std::string> bodies_;
  std::mt19937_64 noise_{7};
  leaf_hasher hasher_;
  ulid last_;
  std::uint64_t clock_ = 0;
  std::uint64_t bytes_ = 0;
};

/// Reads a team's log from its beginning, a page after the other; the events that it had.
std::uint64_t read_log(engine& on, team_id team) {
  std::mutex guard;
  std::condition_variable changed;
  std::uint64_t events = 0;
  sequence after = 0;
  for (bool more = true; more;) {
    std::optional<result<page>> answer;
    on.read(team, after, {1000, std::size_t{1} << 20},
            std::chrono::steady_clock::now() + std::chrono::minutes(1), [&](result<page> read) {
              const std::lock_guard hold(guard);
              answer = std::move(read);
              changed.notify_all();
            });
    std::unique_lock hold(guard);
    changed.wait(hold, [&] { return answer.has_value(); });
    more = answer->ok() && (*answer)->through < (*answer)->head.head;
    if (!answer->ok())
      break;
    events += (*answer)->events.size();
    after = (*answer)->through;
  }
  return events;
}

void print_reading(engine& on, team_id team) {
  const double cpu_before = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);
  const double began = static_cast<double>(steady_now()) * 1e-6;
  const auto events = static_cast<double>(read_log(on, team));
  std::printf("read: %.0f events, %.2f us each, %.0f events/s\n", events,
              1e6 * (cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_before) / events,
              events / (static_cast<double>(steady_now()) * 1e-6 - began));
}

/// Reads the log of the first team that a server made, so many times.
int read_bench(const lmdb_options& options, std::size_t times) {
  auto opened = open_lmdb_engine(options);
  if (!opened) {
    std::fprintf(stderr, "%s\n", opened.error().message.c_str());
    return 1;
  }
  for (std::size_t i = 0; i < times; ++i)
    print_reading(**opened, 1);
  return 0;
}

int run_bench(event_source& source, const lmdb_options& options, std::size_t teams,
              std::size_t per_team, std::size_t groups) {
  if (!has_store(options.state) && !create_lmdb_store(options))
    return 1;
  auto opened = open_lmdb_engine(options);
  if (!opened) {
    std::fprintf(stderr, "%s\n", opened.error().message.c_str());
    return 1;
  }
  engine& on = **opened;
  std::vector<team_id> ids;
  for (std::size_t i = 0; i < teams; ++i)
    if (const auto made = on.directory().add_team("team-" + std::to_string(i), "", {}))
      ids.push_back(made->id);
  const auto before = on.stats();
  const double all_before = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);
  const double own_before = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
  const double began = static_cast<double>(steady_now()) * 1e-6;
  std::mutex guard;
  std::condition_variable changed;
  for (std::size_t group = 0; group < groups; ++group) {
    std::vector<batch> submission;
    for (const team_id team : ids)
      submission.push_back(source.next(team, per_team));
    bool done = false;
    on.commit(std::move(submission), std::chrono::steady_clock::now() + std::chrono::minutes(1),
              [&](const result<committed>& answer) {
                const std::lock_guard hold(guard);
                if (!answer)
                  std::fprintf(stderr, "%s\n", answer.error().message.c_str());
                done = true;
                changed.notify_all();
              });
    std::unique_lock hold(guard);
    changed.wait(hold, [&] { return done; });
  }
  const double own = cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - own_before;
  const double all = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) - all_before;
  const double took = static_cast<double>(steady_now()) * 1e-6 - began;
  const auto stats = on.stats();
  const auto events = static_cast<double>(stats.stored - before.stored);
  std::printf("%zu teams x %zu: %.0f events of %.0f bytes, %.2f us each in the engine, "
              "%.2f us in the caller, %.0f events/s, %.1f bytes each on the disk\n",
              teams, per_team, events, static_cast<double>(source.bytes()) / events,
              1e6 * (all - own) / events, 1e6 * own / events, events / took,
              static_cast<double>(stats.used_bytes - before.used_bytes) / events);
  print_reading(on, ids.front());
  return 0;
}

} // namespace
} // namespace spec_kitty::server::store

int main(int argc, char** argv) {
  using namespace spec_kitty::server::store;
  lmdb_options options;
  const auto number = [&](int at) { return std::strtoull(argv[at], nullptr, 10); };
  if (argc == 3) {
    options.state = argv[1];
    return read_bench(options, number(2));
  }
  if (argc != 6) {
    std::fprintf(stderr, "usage: server_store_bench EVENTS.jsonl FOLDER TEAMS PER_TEAM GROUPS\n"
                         "       server_store_bench FOLDER TIMES\n");
    return 2;
  }
  event_source source(argv[1]);
  options.state = argv[2];
  return source.is_empty() ? 2 : run_bench(source, options, number(3), number(4), number(5));
}
