// Loads the libcurl module when HTTP first needs it.
#include "actors/http/client.hpp"

#include "util/module.hpp"

namespace spec_kitty {

result<std::unique_ptr<http_client>> load_http_client(const std::filesystem::path& folder) {
  const auto module =
      load_module<http_module>({"spec_kitty_http.so", "spec_kitty_http_module", "network"}, folder);
  if (!module)
    return module.error();
  std::unique_ptr<http_client> made((*module)->make());
  if (!made)
    return failure{ec::overloaded, "cannot create a thread for the network",
                   "close other programs"};
  return made;
}

} // namespace spec_kitty
