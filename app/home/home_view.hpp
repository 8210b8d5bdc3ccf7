// A home as this process sees it: where it is, how it is configured, its store. What a command, a
// daemon and an embedding host have in common.
#pragma once

#include "actors/queue/store.hpp"
#include "app/home/store_check.hpp"
#include "config/credentials.hpp"
#include "config/home.hpp"
#include "config/settings.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <system_error>

namespace spec_kitty {

struct home_view {
  home_folder home;
  settings config;
  bool home_trusted = false; ///< this process has just checked the home
  /// Called when the store of this home gets a new node id, by the thread that opens it.
  std::function<void(const node_change&)> on_new_node = {};

  store_options store_settings() const {
    store_options options;
    options.home = home.path;
    options.seed = [home = home] { return local_seed(home); };
    options.home_trusted = home_trusted;
    options.on_new_node = on_new_node;
    options.max_events = static_cast<std::uint64_t>(config.number("sync.max_queue_size"));
    options.max_bytes = static_cast<std::uint64_t>(config.number("sync.max_queue_bytes"));
    options.busy_timeout = std::chrono::milliseconds(config.number("sync.busy_timeout_ms"));
    options.share_by_default = config.text("sync.project_default") == "on";
    options.evict_oldest = config.text("sync.overflow") == "evict_oldest";
    options.keep_delivered = static_cast<std::uint64_t>(config.number("sync.keep_delivered"));
    options.server = config.text("sync.server_url");
    return options;
  }

  /// False where the home certainly has no store. Opens nothing.
  bool may_have_store() const {
    std::error_code error;
    return std::filesystem::exists(home.path / "queue" / "env", error) || error;
  }

  /// The store for reading: nothing where the home has none yet. Changes nothing on disk.
  result<std::optional<store>>
  open_for_reading(std::size_t look_through = looked_through::by_default) const {
    auto options = store_settings();
    options.look_through = look_through;
    auto opened = store::open(options, open_mode::read);
    if (!opened && opened.error().code == ec::store_corrupt)
      return after_full_check(home.path, opened.error());
    if (opened)
      return std::optional<store>(std::move(*opened));
    if (opened.error().code == ec::not_found)
      return std::optional<store>{};
    return opened.error();
  }

  /// The session's team; empty when nobody is logged in or the file cannot be read.
  std::string session_team() const {
    const auto session = read_credentials(home.path);
    return session && *session ? (*session)->team_slug : std::string();
  }
};

} // namespace spec_kitty
