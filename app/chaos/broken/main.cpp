// spec-kitty-chaos-broken FLAW PROGRAM WORD…: what the words ask of spec-kitty, with a flaw.
//
//   none, early, loose-clock, no-sync   `emit --stdin` is done here
//   delete-on-send                      `sync now` is done here
//
// Everything else is passed on to PROGRAM, the real spec-kitty.
#include "app/chaos/broken/broken.hpp"

#include <unistd.h>

#include <iostream>
#include <map>
#include <vector>

namespace spec_kitty::broken {

namespace {

result<home_view> view_of_home() {
  const auto home = resolve_home(std::nullopt);
  if (!home)
    return home.error();
  auto config = settings::load(home->path);
  if (!config)
    return config.error();
  return home_view{*home, std::move(*config)};
}

int end(const result<void>& done) {
  if (done)
    return 0;
  std::cerr << "error: " << done.error().message << '\n';
  return 1;
}

int main(int argc, char** argv) {
  static const std::map<std::string, flaw> flaws = {{"none", flaw::none},
                                                    {"early", flaw::early},
                                                    {"loose-clock", flaw::loose_clock},
                                                    {"no-sync", flaw::no_sync},
                                                    {"delete-on-send", flaw::delete_on_send}};
  const auto found = argc < 4 ? flaws.end() : flaws.find(argv[1]);
  if (found == flaws.end()) {
    std::cerr << "usage: spec-kitty-chaos-broken FLAW PROGRAM WORD…\n";
    return 2;
  }
  const std::string first = argv[3];
  const std::string second = argc > 4 ? argv[4] : "";
  const bool sends = found->second == flaw::delete_on_send;
  if (!(sends ? first == "sync" && second == "now" : first == "emit" && second == "--stdin")) {
    ::execv(argv[2], argv + 2);
    std::cerr << "cannot start " << argv[2] << '\n';
    return 127;
  }
  if (found->second == flaw::no_sync)
    drop_syncs();
  const auto view = view_of_home();
  if (!view)
    return end(view.error());
  if (!sends)
    return end(record_lines(*view, found->second));
  const int status = end(send_batch(*view));
  std::cout << R"({"ok":true,"remaining":0})" << std::endl;
  return status;
}

} // namespace

} // namespace spec_kitty::broken

int main(int argc, char** argv) {
  return spec_kitty::broken::main(argc, argv);
}
