// Loads the SQLite module when an import meets an older queue: nothing else ever needs it.
#include "app/cli/import/event_source.hpp"
#include "util/module.hpp"

namespace spec_kitty {

result<const sqlite_module*> load_sqlite_module() {
  return load_module<sqlite_module>({"spec_kitty_sqlite.so", "spec_kitty_sqlite_module", "SQLite"});
}

} // namespace spec_kitty
