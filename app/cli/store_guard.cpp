#include "app/cli/store_guard.hpp"

#include "app/cli/exit_status.hpp"
#include "app/cli/output.hpp"

#include <csignal>
#include <string>
#include <unistd.h>

namespace spec_kitty {

namespace {

/// Made beforehand: a signal handler may only write.
struct exit_message {
  std::string text;
  int where = STDERR_FILENO;
};

exit_message& prepared() {
  static exit_message message;
  return message;
}

const exit_message* to_say = nullptr;

extern "C" void on_bus_error(int) {
  (void)!::write(to_say->where, to_say->text.data(), to_say->text.size());
  ::_exit(static_cast<int>(exit_status::store_unusable));
}

} // namespace

void guard_store(const home_folder& home, bool json) {
  const auto folder = home.path / "queue";
  prepared() = {render_failure({ec::store_corrupt,
                                "the store in " + folder.string() +
                                    " cannot be read: its file is cut short, or the disk fails",
                                "move " + (folder / "env").string() +
                                    " away to start a new store; keep it for rescue"},
                               json) +
                    "\n",
                json ? STDOUT_FILENO : STDERR_FILENO};
  to_say = &prepared();
  struct sigaction action {};
  action.sa_handler = on_bus_error;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGBUS, &action, nullptr);
}

} // namespace spec_kitty
