// Many schedules in worker processes. Each has a folder of its own and is forked before it opens
// anything; what it found is a file there at its end, how far it is stands in shared memory.
#include "app/chaos/process.hpp"
#include "app/chaos/simulation/simulation.hpp"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <iomanip>
#include <sstream>
#include <thread>

namespace spec_kitty::chaos::simulation {

namespace fs = std::filesystem;

namespace {

using clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds look_every{20};
constexpr const char* outcome_file = "outcome";

/// Where a worker is; in memory that it shares with its parent.
struct progress {
  std::atomic<std::uint64_t> done{0};
  std::atomic<std::uint64_t> seed{0};
  std::atomic<bool> end_early{false};
};

struct worker {
  pid_t pid = -1;
  fs::path folder;
  progress* at = nullptr;
  std::uint64_t done = 0;
  clock::time_point moved = clock::now(); ///< when it last ended a schedule
  bool hung = false;
};

void add(const outcome& added, outcome& sum) {
  for (const auto& [kind, both] : added.faults) {
    sum.faults[kind].planned += both.planned;
    sum.faults[kind].injected += both.injected;
  }
  for (const auto& [name, number] : added.figures)
    sum.figures[name] += number;
  sum.violations.insert(sum.violations.end(), added.violations.begin(), added.violations.end());
}

std::string one_line(std::string words) {
  for (char& c : words)
    if (c == '\n' || c == '\t')
      c = ' ';
  return words;
}

/// One line each: `F kind planned injected`, `N name number`, `V invariant words`.
std::string to_lines(const outcome& what) {
  std::ostringstream out;
  for (const auto& [kind, both] : what.faults)
    out << "F\t" << kind << '\t' << both.planned << '\t' << both.injected << '\n';
  for (const auto& [name, number] : what.figures)
    out << "N\t" << name << '\t' << number << '\n';
  for (const auto& violation : what.violations)
    out << "V\t" << violation.invariant << '\t' << one_line(violation.words) << '\n';
  return out.str();
}

outcome from_lines(const std::string& text) {
  outcome out;
  for (const auto& line : support::lines_of(text)) {
    std::vector<std::string> parts;
    std::istringstream in(line);
    for (std::string part; std::getline(in, part, '\t');)
      parts.push_back(part);
    if (parts.size() == 4 && parts[0] == "F")
      out.faults[parts[1]] = {std::stoull(parts[2]), std::stoull(parts[3])};
    else if (parts.size() == 3 && parts[0] == "N")
      out.figures[parts[1]] = std::stoull(parts[2]);
    else if (parts.size() == 3 && parts[0] == "V")
      out.violations.push_back({parts[1], parts[2]});
  }
  return out;
}

/// The round of the scenario `schedule` that is this one alone.
std::string named(std::uint64_t seed) {
  std::ostringstream out;
  out << "schedule-" << std::hex << std::setw(16) << std::setfill('0') << seed;
  return out.str();
}

/// The child: plays every n-th seed, writes down what came of it, ends.
[[noreturn]] void work(const simulation_batch& batch, unsigned number, const fs::path& folder,
                       progress& at) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  outcome sum;
  try {
    home_pool where(folder);
    for (std::size_t i = number; i < batch.seeds.size() && !at.end_early; i += batch.workers) {
      at.seed = batch.seeds[i];
      const std::uint64_t seed = dice(at.seed).next(); // as the scenario `schedule` has it
      auto played = simulate_steps(where, seed, simulation_steps(seed), batch.variant);
      for (auto& found : played.what.violations)
        found.words = named(number) + ": " + found.words;
      add(played.what, sum);
      ++at.done;
    }
  } catch (const std::exception& error) {
    sum.violations.push_back({"ends", named(at.seed) + ": " + std::string(error.what())});
  }
  support::write_text(folder / outcome_file, to_lines(sum));
  ::_exit(0);
}

void end_of(worker& worker, int status, outcome& sum) {
  worker.pid = -1;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
    return add(from_lines(support::read_text(worker.folder / outcome_file)), sum);
  sum.violations.push_back(
      {"ends", named(worker.at->seed) + ": " +
                   (worker.hung ? "it took too long"
                    : WIFSIGNALED(status)
                        ? "the process ended by signal " + std::to_string(WTERMSIG(status))
                        : "the process ended with " + std::to_string(WEXITSTATUS(status)))});
}

} // namespace

outcome simulate_many(const simulation_batch& batch, const fs::path& folder) {
  outcome sum;
  const unsigned count = std::max(1U, batch.workers);
  void* const shared = ::mmap(nullptr, sizeof(progress) * count, PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED)
    throw std::runtime_error("no memory to share with workers");
  std::vector<worker> workers(count);
  for (unsigned i = 0; i < count; ++i) {
    worker& worker = workers[i];
    worker.at = new (static_cast<progress*>(shared) + i) progress;
    worker.folder = folder / ("worker-" + std::to_string(i));
    fs::create_directories(worker.folder);
    worker.pid = ::fork();
    if (worker.pid == 0)
      work(batch, i, worker.folder, *worker.at);
    if (worker.pid < 0)
      sum.violations.push_back({"ends", "no process could be started"});
  }
  for (bool running = true; running;) {
    running = false;
    std::uint64_t done = 0;
    const bool enough = batch.enough && batch.enough();
    for (worker& worker : workers) {
      done += worker.at->done;
      if (worker.pid <= 0)
        continue;
      worker.at->end_early = worker.at->end_early || enough;
      if (const std::uint64_t now_done = worker.at->done; now_done != worker.done)
        worker.done = now_done, worker.moved = clock::now();
      if (clock::now() - worker.moved > batch.longest) {
        worker.hung = true;
        ::kill(worker.pid, SIGKILL);
      }
      int status = 0;
      if (::waitpid(worker.pid, &status, worker.hung ? 0 : WNOHANG) == worker.pid)
        end_of(worker, status, sum);
      else
        running = true;
    }
    if (batch.progress)
      batch.progress(done);
    if (running)
      std::this_thread::sleep_for(look_every);
  }
  ::munmap(shared, sizeof(progress) * count);
  return sum;
}

} // namespace spec_kitty::chaos::simulation
