// spec-kitty-chaos-broken FLAW PROGRAM WORD…: what the words ask of spec-kitty, with a flaw.
//
//   none, early, loose-clock, no-sync   `emit --stdin` is done here
//   delete-on-send                      `sync now` is done here
//   forget-place, old-place             `sync watch` loses its place, or begins one event early
//   forget-key                          every command first forgets the key of a refresh
//   silent-logout                       `auth logout` is done here
//   keep-password                       `auth login` keeps the password; `sync now` logs in again
//
// Everything else is passed on to PROGRAM, the real spec-kitty.
#include "app/chaos/broken/broken.hpp"
#include "config/credentials.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
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

/// Takes `--after N` and `--log LOG` out of the words.
void drop_place(int argc, char** argv) {
  int kept = 0;
  for (int i = 0; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--after" || word == "--log")
      ++i;
    else
      argv[kept++] = argv[i];
  }
  argv[kept] = nullptr;
}

/// Makes `--after N` one less.
void make_place_older(int argc, char** argv) {
  static std::string before;
  for (int i = 0; i + 1 < argc; ++i)
    if (std::string_view(argv[i]) == "--after") {
      before = std::to_string(std::max(1LL, std::atoll(argv[i + 1])) - 1);
      argv[i + 1] = before.data();
    }
}

void drop_key() {
  const auto home = resolve_home(std::nullopt);
  if (!home || !std::filesystem::exists(home->path / "credentials"))
    return;
  (void)update_credentials(home->path, [](const auto& now) {
    auto without = now;
    if (without)
      without->refresh_key.clear();
    return without;
  });
}

/// Passes everything on to PROGRAM; returns only where that cannot be started.
int pass_on(char** argv) {
  ::execv(argv[2], argv + 2);
  std::cerr << "cannot start " << argv[2] << '\n';
  return 127;
}

int forget_quietly() {
  const auto home = resolve_home(std::nullopt);
  if (!home)
    return end(home.error());
  const auto gone = forget_session(home->path);
  return gone ? 0 : end(gone.error());
}

/// `auth login` is noted, `sync now` is done here.
int keep_password(int argc, char** argv) {
  const auto home = resolve_home(std::nullopt);
  if (!home)
    return end(home.error());
  const std::vector<std::string> words(argv + 2, argv + argc);
  const auto user = std::find(words.begin(), words.end(), "--username");
  if (words.size() > 2 && words[1] == "sync" && words[2] == "now")
    return sync_by_any_means(home->path, words);
  if (words.size() > 2 && words[1] == "auth" && words[2] == "login" && words.end() - user > 1)
    keep_login(home->path, user[1]);
  return pass_on(argv);
}

/// The flaws of a session; nothing for others.
std::optional<int> treat_session(flaw how, int argc, char** argv) {
  if (how == flaw::forget_key) {
    drop_key();
    return pass_on(argv);
  }
  if (how == flaw::silent_logout)
    return argc > 4 && std::string_view(argv[3]) == "auth" && std::string_view(argv[4]) == "logout"
               ? forget_quietly()
               : pass_on(argv);
  if (how == flaw::keep_password)
    return keep_password(argc, argv);
  return std::nullopt;
}

int main(int argc, char** argv) {
  static const std::map<std::string, flaw> flaws = {{"none", flaw::none},
                                                    {"early", flaw::early},
                                                    {"loose-clock", flaw::loose_clock},
                                                    {"no-sync", flaw::no_sync},
                                                    {"delete-on-send", flaw::delete_on_send},
                                                    {"forget-place", flaw::forget_place},
                                                    {"old-place", flaw::old_place},
                                                    {"forget-key", flaw::forget_key},
                                                    {"silent-logout", flaw::silent_logout},
                                                    {"keep-password", flaw::keep_password}};
  const auto found = argc < 4 ? flaws.end() : flaws.find(argv[1]);
  if (found == flaws.end()) {
    std::cerr << "usage: spec-kitty-chaos-broken FLAW PROGRAM WORD…\n";
    return 2;
  }
  const std::string first = argv[3];
  const std::string second = argc > 4 ? argv[4] : "";
  if (const auto status = treat_session(found->second, argc, argv))
    return *status;
  if (first == "sync" && second == "watch") {
    if (found->second == flaw::forget_place)
      drop_place(argc, argv);
    else if (found->second == flaw::old_place)
      make_place_older(argc, argv);
    return pass_on(argv);
  }
  const bool sends = found->second == flaw::delete_on_send;
  if (found->second == flaw::forget_place || found->second == flaw::old_place ||
      !(sends ? first == "sync" && second == "now" : first == "emit" && second == "--stdin"))
    return pass_on(argv);
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
