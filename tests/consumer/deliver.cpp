// The smallest host that delivers: one event, brought to the server. deliver HOME
#include <spec_kitty/client.hpp>

#include <cstdio>

using namespace std::chrono_literals;

int main(int argc, char** argv) {
  if (argc != 2)
    return 2;
  spec_kitty::options wanted;
  wanted.home = argv[1];
  auto client = spec_kitty::client::open(wanted);
  if (!client) {
    std::fprintf(stderr, "open: %s\n", client.error().message.c_str());
    return 1;
  }
  const auto done = client->emit(spec_kitty::history_added{"WP01", "note", "hello"}).get();
  if (!done) {
    std::fprintf(stderr, "emit: %s\n", done.error().message.c_str());
    return 1;
  }
  std::printf("%s\n", done->event_id.c_str());
  const auto flushed = client->flush(10s);
  if (!flushed || !flushed->delivered) {
    std::fprintf(stderr, "flush: %s\n", (flushed ? flushed->why : flushed.error()).message.c_str());
    return 1;
  }
  const auto stopped = client->stop(10s);
  if (!stopped)
    std::fprintf(stderr, "stop: %s\n", stopped.error().message.c_str());
  return stopped ? 0 : 1;
}
