// After a start of the machine the store is looked at as a whole, once, by a process of its own
// (app/home/store_check.hpp): a crash of the machine, unlike one of a program, may have damaged it.
// The store remembers the boot on which it was last found whole.
#pragma once

#include "app/home/home_view.hpp"
#include "messages/connection.hpp"
#include "util/files.hpp"

#include <chrono>
#include <functional>
#include <mutex>
#include <thread>

namespace spec_kitty {

class boot_check {
public:
  static constexpr std::chrono::seconds quiet{2}; ///< without a ring, before the check begins

  /// Called on a thread of its own: actors_failed where the store is damaged, remark where that
  /// cannot be found out.
  using listener = std::function<void(const notice&)>;

  boot_check() = default;
  /// Ends the check.
  ~boot_check();
  boot_check(const boot_check&) = delete;
  boot_check& operator=(const boot_check&) = delete;

  bool has_begun() const { return thread_.joinable(); }
  /// Returns at once; once only.
  void begin(const home_view& view, listener on_notice);

private:
  void look(const home_view& view, const listener& on_notice);
  /// May the process begin? It can be ended from now on.
  bool note_process(pid_t pid);

  std::mutex guard_;
  bool ending_ = false;
  unique_fd process_;
  std::jthread thread_;
};

} // namespace spec_kitty
