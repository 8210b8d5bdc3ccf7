// A host to be measured: hot_path_host HOME EVENTS [THREADS [UNANSWERED]]. Its threads (1) emit so
// many events in all, each with at most so many (256) unanswered, and wait for every receipt.
#include "spec_kitty/client.hpp"
#include "spec_kitty/payloads.hpp"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr std::size_t note_bytes = 240;

/// True where every receipt of them came.
bool emit(spec_kitty::client& client, long events, std::size_t max_unanswered) {
  const std::string note(note_bytes, 'n');
  std::deque<spec_kitty::pending_receipt> open;
  bool recorded = true;
  const auto take = [&] {
    recorded = open.front().get().ok() && recorded;
    open.pop_front();
  };
  for (; events > 0; --events) {
    if (open.size() == max_unanswered)
      take();
    open.push_back(client.emit(spec_kitty::history_added{"WP01", "note", note}));
  }
  while (!open.empty())
    take();
  return recorded;
}

long number(int argc, char** argv, int at, long otherwise) {
  return argc > at ? std::atol(argv[at]) : otherwise;
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 3 || number(argc, argv, 3, 1) < 1 || number(argc, argv, 4, 256) < 1)
    return 2;
  spec_kitty::options wanted;
  wanted.home = argv[1];
  wanted.delivery = spec_kitty::deliver_by::others;
  wanted.settings = {{"sync.max_queue_size", "20000000"}, {"sync.max_queue_bytes", "8000000000"}};
  auto client = spec_kitty::client::open(wanted);
  if (!client) {
    std::fprintf(stderr, "%s\n", client.error().message.c_str());
    return 1;
  }
  const long threads = number(argc, argv, 3, 1);
  const auto unanswered = static_cast<std::size_t>(number(argc, argv, 4, 256));
  std::atomic<bool> recorded = true;
  std::vector<std::thread> running;
  for (long i = 0; i < threads; ++i)
    running.emplace_back([&] {
      if (!emit(*client, number(argc, argv, 2, 0) / threads, unanswered))
        recorded = false;
    });
  for (auto& each : running)
    each.join();
  return client->stop(std::chrono::seconds(60)).ok() && recorded ? 0 : 1;
}
