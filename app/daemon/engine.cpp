#include "app/daemon/engine.hpp"

#include "app/home/node_notice.hpp"
#include "app/home/sync_system.hpp"

#include <optional>

namespace spec_kitty {

struct engine::parts {
  listener on_notice;
  std::filesystem::path home;
  connection_status last; ///< the last one passed on; one call at a time
  drain_meter drain;
  std::optional<sync_system> actors; ///< nothing without a server

  void hear(const notice& what) {
    if (const auto* now = std::get_if<connection_status>(&what)) {
      if (*now == last)
        return;
      last = *now;
    }
    if (std::holds_alternative<run_ended>(what))
      drain.end_run();
    on_notice(what);
  }
};

engine::engine(const home_view& view, listener on_notice) : parts_(std::make_unique<parts>()) {
  parts_->on_notice = std::move(on_notice);
  parts_->home = view.home.path;
  const auto server = configured_server(view.config);
  if (!server) {
    parts_->hear(
        connection_status{connection_state::offline, server.error().message, wall_clock_now(), 0});
    return;
  }
  sync_mode mode;
  mode.background = true;
  mode.on_progress = [to = parts_.get()](const sync_progress& at) {
    to->drain.note(at, drain_meter::steady::now());
  };
  mode.publish = [to = parts_.get()](const notice& what) { to->hear(what); };
  home_view ours = view;
  ours.on_new_node = [to = parts_.get()](const node_change& change) {
    to->hear(remark{node_change_words(change)});
  };
  parts_->actors.emplace(ours, *server, std::move(mode));
}

engine::~engine() = default;

void engine::notify(wakeup_reason why) {
  if (parts_->actors)
    parts_->actors->notify(why);
}

void engine::read_log(const log_page_request& asked) {
  if (parts_->actors)
    return parts_->actors->read_log(asked);
  parts_->hear(log_page_read{asked.reader, failure{ec::no_server, "no server is set", {}}});
}

log_place engine::heard() const {
  const auto session = read_credentials(parts_->home);
  if (!parts_->actors || !session || !*session || (*session)->team_slug.empty())
    return {};
  const auto found = parts_->actors->heard((*session)->team_slug);
  return found && !found->known.empty() ? log_place{found->log, found->known.front().seq}
                                        : log_place{};
}

std::uint64_t engine::waiting() const {
  if (!parts_->actors)
    return 0;
  const auto session = read_credentials(parts_->home);
  if (!session || !*session || (*session)->team_slug.empty())
    return 0;
  const auto due = parts_->actors->due((*session)->team_slug);
  return due ? due->due : 0;
}

std::optional<drain_progress> engine::progress() const {
  return parts_->drain.progress();
}

void engine::wind_down(std::chrono::milliseconds patience) {
  if (!parts_->actors)
    return;
  (void)parts_->actors->wind_down(patience);
  parts_->actors->close();
}

} // namespace spec_kitty
