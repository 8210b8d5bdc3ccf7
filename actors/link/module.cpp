// Loads the libwebsockets module when the first WebSocket is opened.
#include "actors/link/link.hpp"

#include "util/install_tree.hpp"
#include "util/version.hpp"

#include <dlfcn.h>

namespace spec_kitty {

result<std::unique_ptr<ws_link>> open_link(link_request request, link_handlers handlers,
                                           const std::filesystem::path& folder) {
  const auto place = find_part("spec_kitty_link.so", folder);
  if (!place)
    return place.error();
  void* const handle = ::dlopen(place->c_str(), RTLD_NOW | RTLD_LOCAL); // stays for the process
  if (handle == nullptr)
    return failure{ec::internal, std::string("cannot load the WebSocket module: ") + ::dlerror(),
                   "install spec-kitty's dependencies again"};
  const auto* module = static_cast<const link_module*>(::dlsym(handle, "spec_kitty_link_module"));
  if (module == nullptr || module->version != version)
    return failure{ec::internal,
                   "the WebSocket module " + place->string() + " is of another version",
                   "install spec-kitty again"};
  ws_link* const made = module->open(std::move(request), std::move(handlers));
  if (made == nullptr)
    return failure{ec::overloaded, "no thread for the WebSocket", "close other programs"};
  return std::unique_ptr<ws_link>(made);
}

} // namespace spec_kitty
