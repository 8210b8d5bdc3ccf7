// Loads the libcurl module when HTTP first needs it.
#include "actors/http/client.hpp"

#include "util/install_tree.hpp"
#include "util/version.hpp"

#include <dlfcn.h>

namespace spec_kitty {

result<std::unique_ptr<http_client>> load_http_client(const std::filesystem::path& folder) {
  const auto place = find_part("spec_kitty_http.so", folder);
  if (!place)
    return place.error();
  void* const handle = ::dlopen(place->c_str(), RTLD_NOW | RTLD_LOCAL); // stays for the process
  if (handle == nullptr)
    return failure{ec::internal, std::string("cannot load the network module: ") + ::dlerror(),
                   "install spec-kitty's dependencies again"};
  const auto* module = static_cast<const http_module*>(::dlsym(handle, "spec_kitty_http_module"));
  if (module == nullptr || module->version != version)
    return failure{ec::internal, "the network module " + place->string() + " is of another version",
                   "install spec-kitty again"};
  std::unique_ptr<http_client> made(module->make());
  if (!made)
    return failure{ec::overloaded, "no thread for the network", "close other programs"};
  return made;
}

} // namespace spec_kitty
