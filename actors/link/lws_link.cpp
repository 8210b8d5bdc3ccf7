// libwebsockets behind ws_link: the module's door. See lws_connection.hpp.
#include "actors/link/lws_connection.hpp"
#include "config/version.hpp"

#include <memory>
#include <thread>
#include <utility>

namespace spec_kitty {

namespace {

constexpr std::chrono::seconds thread_patience{1};

class lws_link final : public ws_link {
public:
  lws_link(link_request request, link_handlers handlers)
      : connection_(
            std::make_shared<link_detail::connection>(std::move(request), std::move(handlers))) {
    // The thread owns the connection too: one that hangs in a name lookup is left to itself.
    std::thread([one = connection_] { one->run(); }).detach();
  }
  ~lws_link() override { connection_->abandon(thread_patience); }

  void send(std::string text) override { connection_->send(std::move(text)); }
  void taken(std::size_t bytes) override { connection_->taken(bytes); }
  void close() override { connection_->close(); }
  std::size_t unsent() const override { return connection_->unsent(); }

private:
  std::shared_ptr<link_detail::connection> connection_;
};

} // namespace

} // namespace spec_kitty

extern "C" {
/// What link/module.cpp looks for.
__attribute__((visibility("default"))) extern const spec_kitty::link_module spec_kitty_link_module;
const spec_kitty::link_module spec_kitty_link_module = {
    spec_kitty::version.data(),
    [](spec_kitty::link_request request, spec_kitty::link_handlers handlers) {
      return static_cast<spec_kitty::ws_link*>(
          new spec_kitty::lws_link(std::move(request), std::move(handlers)));
    }};
}
