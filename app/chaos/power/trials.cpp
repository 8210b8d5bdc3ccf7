#include "app/chaos/power/trials.hpp"

#include "app/chaos/power/judge.hpp"
#include "util/files.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstring>
#include <stdexcept>

namespace spec_kitty::chaos::power {

namespace fs = std::filesystem;

namespace {

constexpr unsigned seconds_per_image = 30;

/// One image to come: after so many steps, drawn from this seed.
struct trial {
  std::size_t cut = 0;
  std::uint64_t seed = 0;
};

std::vector<trial> draw_trials(const recording& seen, const trial_options& how) {
  dice chance(how.seed);
  std::vector<trial> out;
  for (std::uint64_t i = 0; i < how.images; ++i)
    out.push_back({static_cast<std::size_t>(chance.between(0, seen.steps.size())), chance.next()});
  std::sort(out.begin(), out.end(), [](const trial& a, const trial& b) { return a.cut < b.cut; });
  return out;
}

std::string named(const recording& seen, const trial& trial) {
  return seen.workload + ", power lost after " + std::to_string(trial.cut) + " of " +
         std::to_string(seen.steps.size()) + " steps" +
         (trial.cut == 0 ? "" : " (" + to_string(seen.steps[trial.cut - 1]) + ")") + ", image " +
         std::to_string(trial.seed) + ": ";
}

/// A worker, as its parent knows it. Which image it is at stands in memory that both share.
struct worker {
  pid_t pid = -1;
  unique_fd found; ///< violations come here: two texts each, every one ended by a zero byte
  std::string read;
  std::atomic<std::size_t>* at = nullptr;
};

/// Runs in a worker: every `stride`th trial from `at` on. Does not return.
[[noreturn]] void work(const recording& seen, const std::vector<trial>& trials,
                       const trial_options& how, const fs::path& folder, std::size_t stride,
                       std::atomic<std::size_t>& at, int out) {
  try {
    disk played(how.behaviour);
    std::size_t steps = 0;
    for (; at < trials.size(); at += stride) {
      ::alarm(seconds_per_image);
      const trial& trial = trials[at];
      for (; steps < trial.cut; ++steps)
        played.apply(seen.steps[steps], steps);
      dice chance(trial.seed);
      write_image(played.draw(chance, home_name), folder, chance);
      const auto on_server = played.newest(server_events);
      std::string text;
      for (const auto& wrong : judge_image(folder, seen, trial.cut, on_server))
        text += wrong.invariant + '\0' + named(seen, trial) + wrong.words + '\0';
      if (!text.empty() && ::write(out, text.data(), text.size()) < 0)
        ::_exit(1);
    }
    ::_exit(0);
  } catch (const std::exception& error) {
    const std::string text = std::string("ends") + '\0' + error.what() + '\0';
    (void)!::write(out, text.data(), text.size());
  }
  ::_exit(1);
}

class crew {
public:
  crew(const recording& seen, const fs::path& folder, const trial_options& how)
      : seen_(seen), how_(how), folder_(folder), trials_(draw_trials(seen, how)),
        workers_(std::max(1U, how.workers)) {
    shared_bytes_ = workers_.size() * sizeof(std::atomic<std::size_t>);
    shared_ =
        ::mmap(nullptr, shared_bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared_ == MAP_FAILED)
      throw std::runtime_error("no memory to share with workers");
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      workers_[i].at = new (static_cast<std::atomic<std::size_t>*>(shared_) + i) std::atomic(i);
      fs::create_directories(folder_ / std::to_string(i));
      start(i);
    }
  }
  ~crew() {
    for (auto& worker : workers_)
      if (worker.pid > 0)
        end(worker, SIGKILL);
    ::munmap(shared_, shared_bytes_);
  }
  crew(const crew&) = delete;
  crew& operator=(const crew&) = delete;

  trial_result finish() {
    while (
        std::any_of(workers_.begin(), workers_.end(), [](const worker& w) { return w.pid > 0; }) &&
        out_.violations.size() < how_.max_violations)
      listen();
    for (std::size_t i = 0; i < workers_.size(); ++i) // those before where it stands, of its stride
      out_.judged += (std::min<std::size_t>(*workers_[i].at, trials_.size() + workers_.size() - 1) -
                      i + workers_.size() - 1) /
                     workers_.size();
    out_.judged = std::min<std::uint64_t>(out_.judged, trials_.size());
    return std::move(out_);
  }

private:
  void start(std::size_t number) {
    worker& worker = workers_[number];
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
      throw std::runtime_error("no pipe");
    const pid_t parent = ::getpid();
    worker.pid = ::fork();
    if (worker.pid == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (::getppid() != parent)
        ::_exit(1);
      const rlimit no_core{0, 0};
      ::setrlimit(RLIMIT_CORE, &no_core);
      for (const int signal : {SIGBUS, SIGSEGV, SIGABRT, SIGALRM})
        ::signal(signal, SIG_DFL);
      work(seen_, trials_, how_, folder_ / std::to_string(number), workers_.size(), *worker.at,
           ends[1]);
    }
    ::close(ends[1]);
    worker.found = unique_fd(ends[0]);
    if (worker.pid < 0)
      throw std::runtime_error("no process");
  }

  static int end(worker& worker, int signal) {
    if (signal != 0)
      ::kill(worker.pid, signal);
    int how = 0;
    ::waitpid(worker.pid, &how, 0);
    worker.pid = -1;
    return how;
  }

  /// Waits for news of any worker; a silent one is ended by its own alarm.
  void listen() {
    std::vector<pollfd> fds;
    for (const auto& worker : workers_)
      fds.push_back({worker.pid > 0 ? worker.found.get() : -1, POLLIN, 0});
    ::poll(fds.data(), fds.size(), static_cast<int>(2000 * seconds_per_image));
    for (std::size_t i = 0; i < fds.size(); ++i) {
      if (fds[i].revents == 0)
        continue;
      worker& worker = workers_[i];
      std::array<char, 16384> chunk{};
      const auto got = ::read(worker.found.get(), chunk.data(), chunk.size());
      if (got > 0) {
        worker.read.append(chunk.data(), static_cast<std::size_t>(got));
        take_violations(worker);
      } else {
        take_end(i, end(worker, 0));
      }
    }
  }

  void take_violations(worker& worker) {
    for (;;) {
      const auto first = worker.read.find('\0');
      const auto second = first == std::string::npos ? first : worker.read.find('\0', first + 1);
      if (second == std::string::npos)
        return;
      out_.violations.push_back(
          {worker.read.substr(0, first), worker.read.substr(first + 1, second - first - 1)});
      worker.read.erase(0, second + 1);
    }
  }

  void take_end(std::size_t number, int how) {
    worker& worker = workers_[number];
    if (!WIFSIGNALED(how))
      return;
    const std::size_t at = *worker.at;
    out_.violations.push_back(
        {"store", named(seen_, trials_[at]) +
                      (WTERMSIG(how) == SIGALRM ? "the store does not open in time"
                                                : "a process that opens the store ends by signal " +
                                                      std::to_string(WTERMSIG(how)))});
    *worker.at = at + workers_.size();
    worker.read.clear();
    start(number);
  }

  const recording& seen_;
  trial_options how_;
  fs::path folder_;
  std::vector<trial> trials_;
  std::vector<worker> workers_;
  void* shared_ = nullptr;
  std::size_t shared_bytes_ = 0;
  trial_result out_;
};

} // namespace

trial_result try_images(const recording& seen, const fs::path& folder, const trial_options& how) {
  return crew(seen, folder, how).finish();
}

} // namespace spec_kitty::chaos::power
