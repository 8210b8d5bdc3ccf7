// Loads the SQLite module for the import of an older queue: nothing else needs it.
#include "app/cli/import/event_source.hpp"
#include "util/module.hpp"

namespace spec_kitty {

result<const sqlite_module*> load_sqlite_module() {
  return load_module<sqlite_module>({"spec_kitty_sqlite.so", "spec_kitty_sqlite_module", "SQLite"});
}

} // namespace spec_kitty
