// Eight threads emit while the server is down; it comes back; every event is there once. Prints
// the figures of the run beside LMDB's own, and judges what no load of the machine can change.
#include "benchmarks/bench_support.hpp"
#include "tests/app/embed/embed_fixture.hpp"

#include <sys/resource.h>

#include <fstream>
#include <set>
#include <thread>

namespace spec_kitty::embed_test {
namespace {

#ifdef SPEC_KITTY_LONG
constexpr int events_in_all = 1000000;
#else
constexpr int events_in_all = 20000;
#endif
constexpr int threads = 8;
constexpr std::size_t group = 512; ///< QUEUE's largest commit
constexpr long max_anonymous_kib = 64 * 1024;

using instant = std::chrono::steady_clock::time_point;

long anonymous_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind("RssAnon:", 0) == 0)
      return std::strtol(line.c_str() + 8, nullptr, 10);
  return 0;
}

/// The most anonymous memory that was seen while it lived.
class memory_watch {
public:
  memory_watch()
      : thread_([this] {
          while (!done_) {
            peak_kib_ = std::max(peak_kib_.load(), anonymous_kib());
            std::this_thread::sleep_for(10ms);
          }
        }) {}
  ~memory_watch() {
    done_ = true;
    thread_.join();
  }
  memory_watch(const memory_watch&) = delete;
  memory_watch& operator=(const memory_watch&) = delete;
  long peak_kib() const { return peak_kib_; }

private:
  std::atomic<bool> done_{false};
  std::atomic<long> peak_kib_{0};
  std::thread thread_;
};

/// CPU time of this process so far: its own, and the kernel's for it.
std::pair<double, double> cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return {seconds(used.ru_utime), seconds(used.ru_stime)};
}

double seconds_since(instant began) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

class Load : public embedding {
protected:
  options roomy() {
    options wanted = host();
    wanted.settings["sync.max_queue_size"] = "2000000";
    wanted.settings["sync.max_queue_bytes"] = "4294967296";
    wanted.settings["sync.timeout_s"] = "60";
    wanted.block_for = std::chrono::minutes(10);
    return wanted;
  }

  static event numbered(int n) {
    wp_status_changed what{"WP07", "planned", "doing", "claude", "028-offline-events"};
    what.changed_by = "agent-" + std::to_string(n);
    return what;
  }

  /// Rows as long as ours, committed in groups, by LMDB alone: events a second.
  double raw_rate(int rows) {
    std::filesystem::create_directories(root() / "raw");
    bench::raw_lmdb raw(root() / "raw", std::size_t{4} << 30);
    const std::string row = bench::typical_event() + std::string(48 + 15, 'h');
    const auto began = std::chrono::steady_clock::now();
    for (int done = 0; done < rows; done += static_cast<int>(group))
      raw.append(group, row);
    return rows / seconds_since(began);
  }
};

TEST_F(Load, EveryEventOfEightThreadsIsOnTheServerOnce) {
  logged_in({"--quiet"});
  server->kill();
  const double raw = raw_rate(events_in_all);
  const long before = anonymous_kib();
  const memory_watch memory;
  auto events = open(roomy());

  const auto began = std::chrono::steady_clock::now();
  const auto cpu_before = cpu_seconds();
  std::vector<std::thread> emitters;
  std::atomic<int> refused{0};
  for (int t = 0; t < threads; ++t)
    emitters.emplace_back([&, t] {
      for (int n = t; n < events_in_all; n += threads) {
        const auto answer = events.emit(numbered(n));
        refused += answer.ready() && !answer.get();
      }
    });
  for (auto& thread : emitters)
    thread.join();
  ASSERT_TRUE(events.flush(0ms));
  ASSERT_TRUE(support::eventually([&] { return events.status()->in_flight == 0; }));
  const double ours = events_in_all / seconds_since(began);
  const auto cpu_after = cpu_seconds();
  EXPECT_EQ(refused, 0);
  EXPECT_EQ(events.status()->emitted, static_cast<std::uint64_t>(events_in_all));
  const long recorded_kib = memory.peak_kib() - before;

  server->restart({"--quiet"});
  const auto drained = std::chrono::steady_clock::now();
  const auto done = events.flush(std::chrono::minutes(20));
  ASSERT_TRUE(done);
  EXPECT_TRUE(done->delivered) << done->why.message;
  const double drain = events_in_all / seconds_since(drained);
  ASSERT_TRUE(events.stop(30s));
  const long peak_growth_kib = memory.peak_kib() - before;

  const auto kept = support::ids_of(server->events());
  EXPECT_EQ(kept.size(), static_cast<std::size_t>(events_in_all));
  EXPECT_EQ(std::set<std::string>(kept.begin(), kept.end()).size(), kept.size());
  std::printf("CPU for each event: %.1f us, and %.1f us in the kernel\n",
              (cpu_after.first - cpu_before.first) * 1e6 / events_in_all,
              (cpu_after.second - cpu_before.second) * 1e6 / events_in_all);
  std::printf("recorded %.0f/s, LMDB alone %.0f/s, ratio %.2f; sent %.0f/s; RssAnon +%ld KiB while "
              "recording, +%ld KiB at most\n",
              ours, raw, ours / raw, drain, recorded_kib, peak_growth_kib);
  if (!SPEC_KITTY_SANITIZED) {
    EXPECT_LT(peak_growth_kib, max_anonymous_kib);
  }
}

TEST_F(Load, BestEffortIsQuickForTheCaller) {
  auto events = open(roomy());
  std::vector<std::thread> emitters;
  std::mutex guard;
  std::vector<double> took_us;
  for (int t = 0; t < threads; ++t)
    emitters.emplace_back([&, t] {
      std::vector<double> mine;
      for (int n = t; n < events_in_all / 4; n += threads) {
        const auto what = numbered(n);
        const auto began = std::chrono::steady_clock::now();
        (void)events.emit_best_effort(what);
        mine.push_back(seconds_since(began) * 1e6);
      }
      const std::lock_guard hold(guard);
      took_us.insert(took_us.end(), mine.begin(), mine.end());
    });
  for (auto& thread : emitters)
    thread.join();
  std::sort(took_us.begin(), took_us.end());
  const auto at = [&](double part) {
    return took_us[static_cast<std::size_t>(part * static_cast<double>(took_us.size() - 1))];
  };
  ASSERT_TRUE(events.stop(60s));
  const auto now = events.status();
  std::printf("best effort: p50 %.1f us, p99 %.1f us, p99.9 %.1f us; %llu recorded, %llu dropped\n",
              at(0.5), at(0.99), at(0.999), static_cast<unsigned long long>(now->emitted),
              static_cast<unsigned long long>(now->dropped));
  EXPECT_EQ(now->emitted + now->dropped, took_us.size()); // none is lost without a word
}

} // namespace
} // namespace spec_kitty::embed_test
