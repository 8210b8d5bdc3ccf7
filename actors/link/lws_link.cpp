// ws_link on libwebsockets: one connection, one context, one thread (see connection.hpp).
#include "actors/link/connection.hpp"
#include "util/signals_blocked.hpp"
#include "util/version.hpp"

#include <system_error>
#include <thread>

namespace spec_kitty {

namespace {

class lws_link final : public ws_link {
public:
  lws_link(link_request request, link_handlers handlers)
      : at_(std::make_shared<connection>(std::move(request), std::move(handlers))),
        thread_([at = at_] { at->run(); }) {}

  ~lws_link() override {
    at_->stop();
    if (std::this_thread::get_id() == thread_.get_id()) {
      at_->abandon(true);
      thread_.detach();
    } else if (at_->wait_finished(std::chrono::seconds(1))) {
      thread_.join();
    } else {
      at_->abandon(false);
      thread_.detach();
    }
  }

  void send(std::vector<std::string> texts) override { at_->send(std::move(texts)); }
  void taken(std::size_t bytes) override { at_->taken(bytes); }
  void close() override { at_->close(); }
  std::size_t unsent() const override { return at_->unsent(); }

private:
  std::shared_ptr<connection> at_;
  std::thread thread_;
};

ws_link* open(link_request request, link_handlers handlers) {
  try {
    const signals_blocked guard;
    return new lws_link(std::move(request), std::move(handlers));
  } catch (const std::system_error&) {
    return nullptr; // no thread could be started
  }
}

} // namespace

} // namespace spec_kitty

extern "C" {
/// What link/module.cpp looks for.
__attribute__((visibility("default"))) extern const spec_kitty::link_module spec_kitty_link_module;
const spec_kitty::link_module spec_kitty_link_module = {spec_kitty::version.data(),
                                                        &spec_kitty::open};
}
