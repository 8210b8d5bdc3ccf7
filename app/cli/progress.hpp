// A progress bar on stderr if that is a terminal; elsewhere only a line that the run waits.
#pragma once

#include "messages/sync.hpp"
#include "util/output.hpp"

namespace spec_kitty {

class progress_bar {
public:
  explicit progress_bar(const output& out);

  /// Draws the bar; called from an actor's thread, one call at a time.
  void show(const sync_progress& at);
  /// Removes the bar, so that the next output starts on an empty line.
  void clear();

private:
  bool active_;
  bool quiet_;
  bool color_;
  bool announced_ = false; ///< a pause was printed; only without a terminal
};

/// `[#########           ] 450/1000`, at most `columns` wide. Pure.
std::string render_bar(const sync_progress& at, std::size_t columns);

} // namespace spec_kitty
