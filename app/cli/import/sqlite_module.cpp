// Loads the SQLite module when an import meets an older queue: nothing else ever needs it.
#include "app/cli/import/event_source.hpp"
#include "util/install_tree.hpp"
#include "util/version.hpp"

#include <dlfcn.h>

namespace spec_kitty {

result<const sqlite_module*> load_sqlite_module() {
  const auto place = find_part("spec_kitty_sqlite.so");
  if (!place)
    return place.error();
  void* const handle = ::dlopen(place->c_str(), RTLD_NOW | RTLD_LOCAL); // stays for the process
  if (handle == nullptr)
    return failure{ec::internal, std::string("cannot load the SQLite module: ") + ::dlerror(),
                   "install spec-kitty's dependencies again"};
  const auto* module =
      static_cast<const sqlite_module*>(::dlsym(handle, "spec_kitty_sqlite_module"));
  if (module == nullptr || module->version != version)
    return failure{ec::internal, "the SQLite module " + place->string() + " is of another version",
                   "install spec-kitty again"};
  return module;
}

} // namespace spec_kitty
