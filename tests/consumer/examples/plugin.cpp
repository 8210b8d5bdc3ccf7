// A plug-in that uses spec-kitty while it is loaded: a shared library that a program loads, calls
// and unloads (tests/consumer/load_plugin.cpp).
#include <spec_kitty/client.hpp>

#include <cstdio>
#include <cstdlib>

using namespace std::chrono_literals;

namespace {

int complain(const char* doing, const spec_kitty::failure& why) {
  std::fprintf(stderr, "plugin: %s: %s\n", doing, why.message.c_str());
  return 1;
}

} // namespace

/// Opens, records one event, delivers where asked to, stops. 0 when all of it went well.
extern "C" __attribute__((visibility("default"))) int plugin_run(const char* home, int deliver);

int plugin_run(const char* home, int deliver) {
  spec_kitty::options wanted;
  wanted.home = home;
  auto client = spec_kitty::client::open(std::move(wanted));
  if (!client)
    return complain("open", client.error());
  const auto done = client->emit(spec_kitty::history_added{"WP01", "note", "plugged in"}).get();
  if (!done)
    return complain("emit", done.error());
  if (deliver != 0) {
    const auto flushed = client->flush(10s);
    if (!flushed || !flushed->delivered)
      return complain("flush", flushed ? flushed->why : flushed.error());
  }
  const auto stopped = client->stop(10s);
  return stopped ? 0 : complain("stop", stopped.error());
}
