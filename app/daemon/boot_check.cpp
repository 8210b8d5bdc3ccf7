#include "app/daemon/boot_check.hpp"

#include "actors/queue/process_mark.hpp"
#include "app/home/store_check.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>

namespace spec_kitty {

boot_check::~boot_check() {
  {
    const std::lock_guard hold(guard_);
    ending_ = true;
    if (process_) // by number: the header of glibc 2.36 lacks extern "C"
      ::syscall(SYS_pidfd_send_signal, process_.get(), SIGKILL, nullptr, 0);
  }
  if (thread_.joinable())
    thread_.join();
}

void boot_check::begin(const home_view& view, listener on_notice) {
  thread_ = std::jthread([this, view, on_notice = std::move(on_notice)] { look(view, on_notice); });
}

void boot_check::look(const home_view& view, const listener& on_notice) {
  const ulid boot = this_process().boot;
  {
    auto there = store::open(view.store_settings(), open_mode::read);
    const auto checked = there ? there->checked_on() : result<ulid>(there.error());
    if (!checked || *checked == boot) // the actors say what else is wrong
      return;
  }
  const auto verdict =
      check_store(view.home.path, {{}, [this](pid_t pid) { return note_process(pid); }});
  {
    const std::lock_guard hold(guard_);
    if (ending_)
      return;
  }
  if (!verdict)
    return on_notice(remark{verdict.error().message});
  if (!verdict->is_whole())
    return on_notice(actors_failed{damaged_store(view.home.path / "queue", verdict->sentence())});
  if (auto store = store::open(view.store_settings(), open_mode::write))
    (void)store->note_checked(boot); // best effort: it is looked at again after the next start
}

bool boot_check::note_process(pid_t pid) {
  const std::lock_guard hold(guard_);
  process_ = unique_fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  return !ending_;
}

} // namespace spec_kitty
