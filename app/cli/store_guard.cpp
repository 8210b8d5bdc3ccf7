#include "app/cli/store_guard.hpp"

#include "app/cli/exit_status.hpp"
#include "app/cli/output.hpp"

#include <csignal>
#include <string>
#include <unistd.h>

namespace spec_kitty {

namespace {

/// Prepared beforehand: a signal handler may only call write.
struct exit_message {
  std::string text;
  int descriptor = STDERR_FILENO;
};

exit_message& prepared() {
  static exit_message message;
  return message;
}

const exit_message* to_print = nullptr;

extern "C" void on_bus_error(int) {
  (void)!::write(to_print->descriptor, to_print->text.data(), to_print->text.size());
  ::_exit(static_cast<int>(exit_status::store_unusable));
}

} // namespace

void guard_store(const home_folder& home, bool json) {
  const auto folder = home.path / "queue";
  prepared() = {render_failure({ec::store_corrupt,
                                "the store in " + folder.string() +
                                    " cannot be read: its file is truncated, or the disk fails",
                                "move " + (folder / "env").string() +
                                    " away to start a new store; keep it to rescue its events"},
                               json) +
                    "\n",
                json ? STDOUT_FILENO : STDERR_FILENO};
  to_print = &prepared();
  struct sigaction action {};
  action.sa_handler = on_bus_error;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGBUS, &action, nullptr);
}

} // namespace spec_kitty
