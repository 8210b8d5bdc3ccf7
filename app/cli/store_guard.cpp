#include "app/cli/store_guard.hpp"

#include "actors/queue/environment.hpp"
#include "app/cli/exit_status.hpp"
#include "util/output.hpp"

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

extern "C" void on_crash(int signal) {
  if (signal != SIGBUS && !store_use::is_under_way()) { // a defect of our own
    ::signal(signal, SIG_DFL);
    ::raise(signal);
    return;
  }
  (void)!::write(to_print->descriptor, to_print->text.data(), to_print->text.size());
  ::_exit(static_cast<int>(exit_status::store_unusable));
}

} // namespace

void guard_store(const home_folder& home, bool json) {
  const auto folder = home.path / "queue";
  prepared() = {render_failure({ec::store_corrupt,
                                "the store in " + folder.string() +
                                    " cannot be read: its file is damaged, or the disk fails; "
                                    "what this command was about to record is NOT recorded",
                                repair_hint(folder)},
                               json) +
                    "\n",
                json ? STDOUT_FILENO : STDERR_FILENO};
  to_print = &prepared();
  struct sigaction action {};
  action.sa_handler = on_crash;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGBUS, &action, nullptr);
#ifndef SPEC_KITTY_SANITIZED // a sanitizer reports these itself
  for (const int signal : {SIGSEGV, SIGABRT, SIGFPE})
    ::sigaction(signal, &action, nullptr);
#endif
}

} // namespace spec_kitty
