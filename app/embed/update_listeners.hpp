// The host's functions that receive updates, each with its place in the team's log, and the state
// of the connection that they were last given.
#pragma once

#include "app/embed/callback_executor.hpp"
#include "app/home/log_reader.hpp"
#include "messages/connection.hpp"
#include "spec_kitty/client.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace spec_kitty::embed {

class update_listeners : public std::enable_shared_from_this<update_listeners> {
public:
  using handler = std::function<void(const update&)>;

  /// `reason`: why there is no connection yet.
  explicit update_listeners(std::string reason) { link_.reason = std::move(reason); }

  /// Adds a handler; it ends when the subscription is dropped, also after this object.
  /// `behind`: where it begins in the team's log; nothing: with what comes.
  std::shared_ptr<void> subscribe(handler receive, std::optional<log_place> behind = std::nullopt);
  /// A further handler, called at once on the thread that publishes.
  void set_direct(handler receive);
  /// Passes an update on: by `callbacks` to subscribers, at once to the direct handler.
  void publish(const update& what, callback_executor& callbacks, host_log& log);
  /// An event of others: to those whose place it follows.
  void publish_event(const event_received& event, callback_executor& callbacks, host_log& log);
  /// The connection continues behind a place.
  void publish_joined(const log_joined& where, callback_executor& callbacks);
  /// Pages that subscribers want now. `reader` tells whose each is.
  std::vector<log_page_request> page_requests();
  void take_page(const log_page_read& read, callback_executor& callbacks);

  /// Keeps the connection's state; false when it is the one already kept.
  bool set_link(const connection_status& now);
  connection_status link() const;

private:
  struct subscriber;
  std::vector<std::shared_ptr<subscriber>> all() const;

  mutable std::mutex guard_;
  std::map<std::uint64_t, std::shared_ptr<subscriber>> subscribers_;
  std::atomic<std::uint64_t> last_subscriber_{0};
  handler direct_;
  log_place heard_; ///< what was published last
  connection_status link_;
};

} // namespace spec_kitty::embed
