// What a child made by fork must not use.
#pragma once

#include "util/result.hpp"

namespace spec_kitty::embed {

/// A client's life in its process. The child of a fork inherits the memory and none of the threads:
/// every lock may be held for ever there, so nothing but this is touched.
class process_guard {
public:
  /// Counts a client of this process; store_unusable in a child whose parent had one open.
  static result<process_guard> enter();

  process_guard(process_guard&& other) noexcept;
  process_guard& operator=(process_guard&&) = delete;
  ~process_guard();

  /// store_unusable in a child made by fork since.
  result<void> check() const;
  bool here() const;

private:
  explicit process_guard(unsigned process) : process_(process) {}
  unsigned process_; ///< its generation and 1; 0: moved from
};

} // namespace spec_kitty::embed
