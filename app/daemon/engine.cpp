#include "app/daemon/engine.hpp"

#include "app/home/sync_system.hpp"

#include <optional>

namespace spec_kitty {

struct engine::parts {
  listener tell;
  std::filesystem::path home;
  connection_status last;            ///< told; one call at a time
  std::optional<sync_system> actors; ///< nothing: no server

  void hear(const notice& what) {
    if (const auto* now = std::get_if<connection_status>(&what)) {
      if (*now == last)
        return;
      last = *now;
    }
    tell(what);
  }
};

engine::engine(const home_view& view, listener tell) : parts_(std::make_unique<parts>()) {
  parts_->tell = std::move(tell);
  parts_->home = view.home.path;
  const auto server = configured_server(view.config);
  if (!server) {
    parts_->hear(
        connection_status{connection_state::offline, server.error().message, wall_clock_now(), 0});
    return;
  }
  sync_mode mode;
  mode.background = true;
  mode.tell = [to = parts_.get()](const notice& what) { to->hear(what); };
  parts_->actors.emplace(view, *server, std::move(mode));
}

engine::~engine() = default;

void engine::stir(rouse why) {
  if (parts_->actors)
    parts_->actors->stir(why);
}

std::uint64_t engine::waiting() const {
  if (!parts_->actors)
    return 0;
  const auto session = read_credentials(parts_->home);
  if (!session || !*session || (*session)->team_slug.empty())
    return 0;
  const auto due = parts_->actors->due((*session)->team_slug);
  return due ? due->events : 0;
}

void engine::wind_down(std::chrono::milliseconds patience) {
  if (parts_->actors)
    (void)parts_->actors->wind_down(patience);
}

} // namespace spec_kitty
