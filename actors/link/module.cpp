// Loads the libwebsockets module when the first WebSocket is opened.
#include "actors/link/link.hpp"

#include "util/module.hpp"

namespace spec_kitty {

result<std::unique_ptr<ws_link>> open_link(link_request request, link_handlers handlers,
                                           const std::filesystem::path& folder) {
  const auto module = load_module<link_module>(
      {"spec_kitty_link.so", "spec_kitty_link_module", "WebSocket"}, folder);
  if (!module)
    return module.error();
  ws_link* const made = (*module)->open(std::move(request), std::move(handlers));
  if (made == nullptr)
    return failure{ec::overloaded, "cannot create a thread for the WebSocket",
                   "close other programs"};
  return std::unique_ptr<ws_link>(made);
}

} // namespace spec_kitty
