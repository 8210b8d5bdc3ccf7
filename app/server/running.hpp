// A running server: its parts, in the order in which they are started; they stop in the other
// order.
//
//   state folder ─▶ store ─▶ keys ─▶ actors ─▶ listener ─▶ admin.sock
#pragma once

#include "app/listener/listener.hpp"
#include "app/server/actors/service.hpp"
#include "app/server/admin/admin_socket.hpp"
#include "app/server/admin/housekeeping.hpp"
#include "app/server/admin/server_log.hpp"
#include "app/server/admin/server_settings.hpp"
#include "app/server/dev/layer.hpp"
#include "app/server/dev/options.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>

namespace spec_kitty::server {

std::string program_version();

class running_server {
public:
  /// Starts every part. With `trying_out` a store is made where none is, with one account.
  static result<std::unique_ptr<running_server>> start(const server_settings& settings,
                                                       const dev::options* trying_out);
  ~running_server();
  running_server(const running_server&) = delete;
  running_server& operator=(const running_server&) = delete;

  const std::string& url() const { return url_; }
  /// Of `metrics.listen`; empty: off.
  std::string metrics_url() const { return metrics_listener_ ? metrics_listener_->url() : ""; }
  /// Of a server for trying out.
  const std::optional<dev::login>& login() const { return login_; }
  /// What it prints first has been printed.
  void greeted() { log_->release(); }

  /// Reads certificate and key anew; a pair that cannot be used is a line in the log.
  void reload_certificate();
  /// Called every second: looks at the files of the certificate every minute, and has the rest done
  /// by a thread of its own every hour.
  void tick();
  /// Accepts no more, answers what is in flight, closes sockets with 1012; at most 10 s.
  void stop();

private:
  running_server(const server_settings& settings, const dev::options* trying_out);

  result<void> open_store();
  result<void> start_service();
  result<void> start_listeners();
  result<void> start_administration();
  dev::activity_log activity_log() const;
  void warn_of_clock();
  void warn_of_open_files();
  void change_keys();
  void begin_housekeeping();

  server_settings settings_;
  const dev::options* trying_out_; ///< null: a server in earnest
  std::unique_ptr<server_log> log_;
  std::unique_ptr<store::engine> engine_;
  std::unique_ptr<service> service_;
  std::unique_ptr<listener::http_listener> listener_;
  std::unique_ptr<listener::http_listener> metrics_listener_;
  std::optional<administration> administration_;
  std::unique_ptr<admin_listener> admin_;
  std::optional<certificate_watch> certificate_;
  std::thread housekeeper_;
  std::atomic<bool> house_is_kept_{true}; ///< the last round has ended
  std::chrono::steady_clock::time_point next_certificate_look_{};
  std::chrono::steady_clock::time_point next_round_{};
  std::string url_;
  std::optional<dev::login> login_;
  std::atomic<bool> stopped_{false};
};

} // namespace spec_kitty::server
