// A home's daemon that says it is of another version: `versioned_daemon HOME VERSION
// [MILLISECONDS between looks at its home]`. The code is
// the program's own, so that a hand-over is tested between two real daemons.
#include "app/daemon/daemon.hpp"

#include <cstdio>
#include <cstdlib>

int main(int argc, char** argv) {
  using namespace spec_kitty;
  if (argc < 3)
    return 2;
  const home_folder home{argv[1], false};
  const auto config = settings::load(home.path);
  if (!config)
    return 1;
  daemon_options options;
  options.version = argv[2];
  if (argc > 3)
    options.check_every = std::chrono::milliseconds(std::atoi(argv[3]));
  options.on_running = [] {
    std::puts("running");
    std::fflush(stdout);
  };
  const auto done = run_daemon({home, *config}, options);
  if (!done)
    std::fprintf(stderr, "%s\n", done.error().message.c_str());
  return done ? 0 : 1;
}
