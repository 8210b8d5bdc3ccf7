// embed_rounds COUNT HOME: opens a client, emits, stops, COUNT times in one process; then no thread
// of it may be left. For AddressSanitizer and valgrind to look at.
#include "spec_kitty/client.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>

int main(int argc, char** argv) {
  if (argc != 3)
    return 2;
  const long rounds = std::strtol(argv[1], nullptr, 10);
  for (long i = 0; i < rounds; ++i) {
    spec_kitty::options wanted;
    wanted.home = argv[2];
    wanted.settings["sync.max_queue_size"] = "1000000";
    auto opened = spec_kitty::client::open(std::move(wanted));
    if (!opened) {
      std::printf("round %ld: %s\n", i, opened.error().message.c_str());
      return 1;
    }
    const spec_kitty::event hello = spec_kitty::history_added{"WP01", "note", "hello"};
    int called = 0;
    if (i % 2 == 0)
      opened->emit(hello, [&](const spec_kitty::result<spec_kitty::receipt>& had) {
        called = had ? 1 : -1;
      });
    const auto got = opened->emit(hello).get();
    const auto stopped = opened->stop(std::chrono::seconds(60));
    if (called != (i % 2 == 0 ? 1 : 0)) {
      std::printf("round %ld: the callback was not called\n", i);
      return 1;
    }
    if (!got || !stopped) {
      std::printf("round %ld: %s\n", i, (got ? stopped.error() : got.error()).message.c_str());
      return 1;
    }
  }
  long threads = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/task"))
    ++threads;
  std::printf("%ld rounds, %ld thread\n", rounds, threads);
  return threads == 1 ? 0 : 1;
}
